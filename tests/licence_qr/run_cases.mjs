// Runs the page's verifier in node, answers as JSON on standard output.
//   node run_cases.mjs cases|signatures|lists|normal|keylists|tokens PAGE_FOLDER DICTIONARY_FOLDER < given.json     one list of cases
//   node run_cases.mjs batches PAGE_FOLDER DICTIONARY_FOLDER                                 a list of cases a line, a list of answers a line
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { answerer } from "./case_answer.mjs";

const [task, page, dictionaries] = process.argv.slice(2);
const verifier = await import(pathToFileURL(`${page}/verify.mjs`)), { readKeyList, readStatusList, statusAt, tokenText, verifySignature } = verifier;
const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16)), genuine = new Map();

async function served(id) {
  if (!genuine.has(id)) genuine.set(id, new Uint8Array(readFileSync(`${dictionaries}/${id}.bin`)));
  return genuine.get(id);
}

const verdict = answerer(verifier, served);

async function signature({ jwk, message, signature: given }) {
  const key = await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  return verifySignature(key, bytes(message), bytes(given));
}

/** The values of a `status_list` member at the places asked for; null outside. */
async function values({ bits, lst, places }) {
  const list = await readStatusList({ bits, lst });
  return places.map((place) => statusAt(list, place));
}

/** Whether bytes are taken for a list of keys, and the text of a status list as it was served. */
const keylists = (given) => { try { return Array.isArray(readKeyList(bytes(given))?.keys); } catch { return false; } };
const tokens = (given) => tokenText(bytes(given));
const normal = (text) => text.normalize("NFC") === text && text.trim() === text;

async function all(given, one) {
  const told = [];
  for (const each of given) told.push(await one(each));
  return JSON.stringify(told);
}

if (task === "batches") {
  for await (const line of createInterface({ input: process.stdin })) process.stdout.write(`${await all(JSON.parse(line), verdict)}\n`);
} else {
  process.stdout.write(await all(JSON.parse(readFileSync(0, "utf-8")), { cases: verdict, signatures: signature, lists: values, normal, keylists, tokens }[task]));
}
