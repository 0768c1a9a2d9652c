// Runs the page's verifier in node, answers as JSON on standard output.
//   node run_cases.mjs cases|signatures|lists PAGE_FOLDER DICTIONARY_FOLDER < given.json     one list of cases
//   node run_cases.mjs batches PAGE_FOLDER DICTIONARY_FOLDER                                 a list of cases a line, a list of answers a line
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [task, page, dictionaries] = process.argv.slice(2);
const { newerList, readKeyList, readStatusList, readTrust, statusAt, verify, verifySignature } = await import(pathToFileURL(`${page}/verify.mjs`));
const genuine = new Map(), lists = new Map();
const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

async function served(id) {
  if (!genuine.has(id)) genuine.set(id, new Uint8Array(readFileSync(`${dictionaries}/${id}.bin`)));
  return genuine.get(id);
}

/** A list of keys that is refused is no list: the verifier then has no keys. Kept, for most cases of a batch share theirs. */
async function trusted(jwks, logged) {
  const source = typeof jwks === "string" ? jwks : JSON.stringify(jwks), name = JSON.stringify([source, logged]);
  if (!lists.has(name)) {
    if (lists.size > 50) lists.clear();
    let keys = { keys: [] };
    try { keys = readKeyList(source); } catch { /* refused */ }
    const documents = Object.fromEntries(Object.entries(logged).map(([kid, text]) => [kid, new TextEncoder().encode(text)]));
    lists.set(name, await readTrust(keys, documents));
  }
  return lists.get(name);
}

async function verdict({ text, jwks, lists: given, at, oldest_status: oldestStatus, logged = {}, dictionaries: own = {} }) {
  const dictionary = async (id) => (Object.hasOwn(own, id) ? new Uint8Array(Buffer.from(own[id], "base64url")) : served(id));
  try {
    const trust = await trusted(jwks, logged), lists = {};
    for (const [uri, had] of Object.entries(given)) {
      for (const token of [had].flat()) lists[uri] = await newerList(token, lists[uri], { uri, trust, at });   // in the order they were had
    }
    return await verify(text, { trust, dictionary, lists, at, oldestStatus });
  } catch (error) {
    return { raised: String(error?.stack ?? error) };
  }
}

async function signature({ jwk, message, signature: given }) {
  const key = await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  return verifySignature(key, bytes(message), bytes(given));
}

/** The values of a `status_list` member at the places asked for; null outside. */
async function values({ bits, lst, places }) {
  const list = await readStatusList({ bits, lst });
  return places.map((place) => statusAt(list, place));
}

async function all(given, one) {
  const told = [];
  for (const each of given) told.push(await one(each));
  return JSON.stringify(told);
}

if (task === "batches") {
  for await (const line of createInterface({ input: process.stdin })) process.stdout.write(`${await all(JSON.parse(line), verdict)}\n`);
} else {
  process.stdout.write(await all(JSON.parse(readFileSync(0, "utf-8")), { cases: verdict, signatures: signature, lists: values }[task]));
}
