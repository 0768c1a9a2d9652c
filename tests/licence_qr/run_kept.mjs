// Serves several texts of one status list to the page's own store, one visit after another; says what each visit goes on with.
//   node run_kept.mjs PAGE_FOLDER < {"jwks", "uri", "at", "served"}     null: no network at that visit
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const page = process.argv[2], { jwks, uri, at, served } = JSON.parse(readFileSync(0, "utf-8"));
const { published } = await import(pathToFileURL(`${page}/kept.mjs`)), { newerList, readTrust, tokenText: text } = await import(pathToFileURL(`${page}/verify.mjs`));
const store = new Map(), trust = await readTrust(jwks), path = new URL(uri).pathname;
let next;
globalThis.caches = { open: async () => ({ put: async (name, response) => store.set(name, response), match: async (name) => store.get(name)?.clone() }) };
globalThis.fetch = async () => { if (next === null) throw new TypeError("no network"); return new Response(next); };

const had = [];
for (next of served) {
  const better = async (fresh, held) => held === null || (await newerList(text(fresh), text(held), { uri, trust, at })) === text(fresh);
  had.push(text((await published(path, better)).bytes));
}
process.stdout.write(JSON.stringify({ had, kept: await store.get(path).clone().text() }));
