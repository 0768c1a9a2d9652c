// Runs the page's verifier in node on JSON from standard input, answers as JSON on standard output.
//   node run_cases.mjs cases|signatures PAGE_FOLDER DICTIONARY_FOLDER < given.json
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [task, page, dictionaries] = process.argv.slice(2);
const { readTrust, verify, verifySignature } = await import(pathToFileURL(`${page}/verify.mjs`));
const dictionary = async (id) => new Uint8Array(readFileSync(`${dictionaries}/${id}.bin`));
const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

async function verdict({ text, jwks, lists, at, oldest_status: oldestStatus, logged = {} }) {
  const documents = Object.fromEntries(Object.entries(logged).map(([kid, source]) => [kid, new TextEncoder().encode(source)]));
  return verify(text, { trust: await readTrust(jwks, documents), dictionary, lists, at, oldestStatus });
}

async function signature({ jwk, message, signature: given }) {
  const key = await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  return verifySignature(key, bytes(message), bytes(given));
}

const told = [];
for (const one of JSON.parse(readFileSync(0, "utf-8"))) told.push(await { cases: verdict, signatures: signature }[task](one));
process.stdout.write(JSON.stringify(told));
