// Runs the page's verifier in node: cases as JSON on standard input, verdicts as JSON on standard output.
//   node run_cases.mjs PAGE_FOLDER DICTIONARY_FOLDER < cases.json
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [page, dictionaries] = process.argv.slice(2);
const { readTrust, verify } = await import(pathToFileURL(`${page}/verify.mjs`));
const dictionary = async (id) => new Uint8Array(readFileSync(`${dictionaries}/${id}.bin`));
const told = [];
for (const { text, jwks, lists, at, oldest_status: oldestStatus } of JSON.parse(readFileSync(0, "utf-8"))) {
  const trust = await readTrust(jwks);
  told.push(await verify(text, { trust, dictionary, lists, at, oldestStatus }));
}
process.stdout.write(JSON.stringify(told));
