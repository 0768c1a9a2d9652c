// Says of each pair of lists of keys, as text, whether the page would let the first follow the second; and what time it reads from headers.
//   node run_follows.mjs PAGE_FOLDER < {"pairs": [[fresh, held or null], …], "headers": [{…}, …]}
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const page = process.argv[2], { pairs, headers } = JSON.parse(readFileSync(0, "utf-8"));
const { hasDigest, keysMayFollow } = await import(pathToFileURL(`${page}/accepted.mjs`)), { timeOf } = await import(pathToFileURL(`${page}/kept.mjs`));
const bytes = (text) => (text === null ? null : new TextEncoder().encode(text));
const follows = [];
for (const [fresh, held] of pairs) follows.push(await keysMayFollow(bytes(fresh), bytes(held)));
const empty = await hasDigest("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU")(bytes("")), other = await hasDigest("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU")(bytes("x"));
process.stdout.write(JSON.stringify({ follows, pinned: [empty, other], times: headers.map((one) => timeOf(new Headers(one))) }));
