// Is this code a licence, does it stand, and what does its holder hold? The page's own verifier, written apart from
// licence_qr/verify.py and held to the same verdicts by tests/licence_qr/vectors.json and tests/attacks. Steps:
//
//  (1) read the text: link, digits or compact JWS      (6) payload in its one spelling; issuer from the list
//  (2) find the key in the pinned list                 (7) a known type, in its closed shape
//  (3) not stolen, or logged before it                 (8) signed inside the window of the key
//  (4) header is exactly alg, kid, typ                 (9) the clock
//  (5) the signature fits, in its low-S spelling      (10) the status list     (11) each permit
//
// No DOM and no network here: keys, lists, dictionaries and the time are arguments.

export const DICTIONARIES = { 1: "54d8f0f78e36f6700ff87262ab1fd0d58fc0a141967541a30841bff96ae06485" };   // SHA-256 of each preset dictionary
const LICENCE = "business-licence+jwt", STATUS = "statuslist+jwt", TYPE = "/types/business-licence/1";
const LEEWAY = 120, MOST_JSON = 8192, MOST_TEXT = 8000, MOST_DIGITS = 7089, MOST_COMPACT = 11100, MOST_TOKEN = 4_000_000, MOST_LIST = 4 * 2 ** 20, MOST_LOGGED = 32_000_000, MOST_KEYS = 1_000_000, LONGEST_LIST = 7 * 86_400;
const DEEPEST = 16, SIGNATURE = 64, GROUP_BYTES = 22, GROUP_DIGITS = 53;
const ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551n;   // of P-256

const NEGATIVE = new Set(["header", "signature", "claims", "issuer", "key_window", "not_yet", "expired", "revoked",
  "suspended", "replaced", "unlogged", "not_held", "permit_not_yet", "permit_expired"]);
const POSITIVE = new Set(["authentic", "current", "held"]);

class CodeError extends Error {
  constructor(reason, detail) { super(detail); this.reason = reason; }
}

export function answer(reason, asOf = null) {
  const verdict = POSITIVE.has(reason) ? "valid" : NEGATIVE.has(reason) ? "not_valid" : "cannot_say";
  return { verdict, reason, as_of: asOf };
}

/** What is known of the code `text`. `trust` comes from readTrust, `dictionary(id)` gives a promise of bytes, `lists` maps the address of a
 *  status list to its text, `at` is in seconds; `latest` is not before it where a caller has two clocks: whether something has ended is
 *  judged by that, what has begun by `at`. The result has the members of Verification.to_json in Python. */
export async function verify(text, { trust, dictionary, lists = {}, at, latest = at, oldestStatus = null }) {
  let claims;
  try {
    const parts = await readText(text, dictionary);                                                      // (1)
    claims = await authenticClaims(parts, trust);                                                        // (2)-(8)
  } catch (error) {
    if (!(error instanceof CodeError)) throw error;
    return result(at, answer(error.reason), answer("not_authentic"), [], null, error.message);
  }
  const { idx, uri } = claims.status.status_list;
  const book = { list: await believedList(lists[uri], uri, claims.iss, trust), at, latest, oldestStatus };
  const current = inTime(claims, book) ?? statusAnswer(book, idx, "current");                              // (9), (10)
  const permits = claims.permits.map((permit) => permitAnswer(permit, claims, book));                // (11)
  return result(at, answer("authentic", claims.iat), current, permits, claims, "");
}

function result(at, authentic, current, permits, claims, detail) {
  const headline = authentic.verdict === "valid" ? current : authentic;
  return { verdict: headline.verdict, reason: headline.reason, at, authentic, current, permits, claims, detail };
}

/* (1) the text ---------------------------------------------------------------------------------------------------- */

const SUFFIXES = "(?:&(?:appinstall=[01]|isappinstalled=[01]|from=(?:singlemessage|groupmessage|timeline)))*";
const LINK = new RegExp(`^(?:https?://[!-"$-~]{1,200}#|#)?([0-9]+)${SUFFIXES}$`);

export async function readText(text, dictionary) {
  if (text.includes(":") || text.includes("#") || text.split(".").length !== 3) return decode(text, dictionary);
  if (text.length > MOST_COMPACT) throw new CodeError("format", "too long for a licence");
  return partsOf(text);
}

async function decode(text, dictionary) {
  if ([...text].length > MOST_TEXT) throw new CodeError("format", "too long for a licence code");
  const found = LINK.exec(text);
  if (!found || text.endsWith("\n")) {
    const digits = [...text].filter((character) => character >= "0" && character <= "9").length;
    throw new CodeError(digits > Math.floor([...text].length / 2) ? "damaged" : "format", "not a link of ours");
  }
  if (found[1].length > MOST_DIGITS) throw new CodeError("format", "too many digits");
  const raw = fromDigits(found[1]);
  if (raw.length < 2 + 1 + SIGNATURE) throw new CodeError("damaged", "too short");
  if (raw[0] !== 1) throw new CodeError("format", `transport version ${raw[0]} is not known here`);
  if (!Object.hasOwn(DICTIONARIES, raw[1])) throw new CodeError("format", `dictionary ${raw[1]} is not known here`);
  const preset = await checkedDictionary(raw[1], dictionary);
  const plain = await inflate("deflate-raw", [...storedBlocks(preset)], raw.subarray(2, -SIGNATURE), preset.length, MOST_JSON);
  const feed = plain.indexOf(10);
  if (feed < 0) throw new CodeError("damaged", "header and payload are not told apart");
  return { header: plain.subarray(0, feed), payload: plain.subarray(feed + 1), signature: raw.subarray(-SIGNATURE) };
}

const DIGITS_OF = Array.from({ length: GROUP_BYTES + 1 }, (_, count) => (256n ** BigInt(count) - 1n).toString().length);

function fromDigits(digits) {
  const raw = [];
  for (let start = 0; start < digits.length; start += GROUP_DIGITS) {
    const group = digits.slice(start, start + GROUP_DIGITS), count = DIGITS_OF.indexOf(group.length);
    let value = BigInt(group);
    if (count < 1 || value >= 256n ** BigInt(count)) throw new CodeError("damaged", `digits from ${start + 1} on`);
    const bytes = new Array(count);
    for (let place = count - 1; place >= 0; place -= 1) { bytes[place] = Number(value & 255n); value >>= 8n; }
    raw.push(...bytes);
  }
  return Uint8Array.from(raw);
}

async function checkedDictionary(id, dictionary) {
  const bytes = await dictionary(id).catch(() => null);
  if (bytes === null || hex(await digest(bytes)) !== DICTIONARIES[id]) throw new CodeError("dictionary", `dictionary ${id} is not at hand`);
  return bytes;
}

/** The browser's inflate takes no preset dictionary; the same dictionary as stored blocks in front does what one would. */
function* storedBlocks(bytes) {
  for (let start = 0; start < bytes.length; start += 65535) {
    const block = bytes.subarray(start, start + 65535), size = block.length;
    yield Uint8Array.of(0, size & 255, size >> 8, ~size & 255, (~size >> 8) & 255);
    yield block;
  }
}

/** Inflate `packed` behind `preset` blocks, leave out their `skip` bytes, and stop as soon as more than `limit` follow. Engines differ on
 *  bytes behind the end of a stream; in every engine a stream that ends exactly here cannot spare its last byte. */
async function inflate(format, preset, packed, skip, limit) {
  const plain = await expand(format, [...preset, packed], skip + limit);
  const spare = await expand(format, [...preset, packed.subarray(0, -1)], skip + limit).catch(() => null);
  if (spare !== null) throw new CodeError("damaged", "bytes stand behind the compressed part");
  return plain.subarray(skip);
}

async function expand(format, chunks, limit) {
  const stream = new DecompressionStream(format), writer = stream.writable.getWriter(), reader = stream.readable.getReader();
  const writing = (async () => {
    for (const chunk of chunks) await writer.write(chunk);
    await writer.close();
  })();
  writing.catch(() => {});   // awaited below; this only keeps an early end from being reported twice
  const pieces = [];
  let total = 0;
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      total += piece.value.length;
      if (total > limit) { reader.cancel().catch(() => {}); throw new CodeError("damaged", "it inflates beyond the limit"); }
      pieces.push(piece.value);
    }
    await writing;
  } catch (error) {
    throw error instanceof CodeError ? error : new CodeError("damaged", `the compressed part is broken: ${error.message}`);
  }
  return joined(pieces, total);
}

/* (2)-(8) the token ----------------------------------------------------------------------------------------------- */

const COMPACT = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})$/;

function partsOf(compact) {
  const found = compact.endsWith("\n") ? null : COMPACT.exec(compact);
  if (!found) throw new CodeError("format", "no compact JWS");
  const [header, payload, signature] = found.slice(1).map((part) => {
    const bytes = unbase64url(part);
    if (bytes === null || base64url(bytes) !== part) throw new CodeError("format", "another spelling of base64url");
    return bytes;
  });
  return { header, payload, signature };
}

async function authenticClaims(parts, trust) {
  const [header, key] = findKey(parts, trust);                                                           // (2)
  const unlogged = key.revoked_at !== undefined && await loggedStanding(parts, key) === "unlogged";      // (3)
  await authenticate(parts, header, key, LICENCE);                                                       // (4), (5)
  if (unlogged) throw new CodeError("unlogged", "a stolen key signed it, and the registry never logged it");
  const claims = strictJson(parts.payload, MOST_JSON, "claims");                                         // (6)
  if (!isRecord(claims) || claims.iss !== key.iss) throw new CodeError("issuer", "another issuer than the list has");
  if (claims.vct !== key.iss + TYPE) throw new CodeError("type", "a type not known here");               // (7)
  const fault = CLAIMS(claims, "");
  if (fault) throw new CodeError("claims", fault);
  const left = claims.permits_total - claims.permits.length;   // not listed: only with a digest of all, and then at least one
  if (Object.hasOwn(claims, "permits_digest") ? left <= 0 : left !== 0) throw new CodeError("claims", `${left} permits are not listed`);
  const had = itemsOf(claims.licence).length;
  if (claims.permits.some(({ scope }) => scope !== undefined && scope.at(-1) >= had)) throw new CodeError("claims", `a permit for more than the ${had} scope items`);
  if (!covers(key, claims.iat)) throw new CodeError("key_window", "signed outside the window of the key");   // (8)
  return claims;
}

/** Where a licence of a stolen key stands in the registry's own list of what it logged; without that list nothing can be said. */
async function loggedStanding(parts, { logged }) {
  const compact = [parts.header, parts.payload, parts.signature].map(base64url).join(".");
  const name = logged && base64url(await digest(new TextEncoder().encode(compact)));
  if (!logged || logged.after.has(name)) throw new CodeError("key_compromised", "the key was reported stolen");
  return logged.before.has(name) ? "before" : "unlogged";
}

function findKey(parts, trust) {
  const header = strictJson(parts.header, MOST_JSON, "format");
  const kid = isRecord(header) ? header.kid : undefined;
  if (typeof kid !== "string" || !/^[A-Za-z0-9_-]{8,43}$/.test(kid)) throw new CodeError("format", "the header names no key");
  if (trust.size === 0) throw new CodeError("no_keys", "no list of keys is at hand");
  const key = trust.get(kid);
  if (!key) throw new CodeError("unknown_key", `the list does not know ${kid}`);
  return [header, key];
}

async function authenticate(parts, header, key, typ) {
  const names = Object.keys(header).sort().join();
  if (names !== "alg,kid,typ" || header.alg !== "ES256" || header.typ !== typ || key.typ !== typ) {
    throw new CodeError("header", "a header this key never signs");
  }
  const s = BigInt("0x" + hex(parts.signature.subarray(32)));
  if (s > ORDER / 2n) throw new CodeError("signature", "the second spelling of a signature");
  const input = new TextEncoder().encode(`${base64url(parts.header)}.${base64url(parts.payload)}`);
  if (!await verifySignature(key.key, input, parts.signature)) throw new CodeError("signature", "it does not fit the content");
}

/** ES256 as JOSE writes it: r and s, 32 bytes each. */
export async function verifySignature(key, message, signature) {
  return signature.length === SIGNATURE && crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, message);
}

const covers = (key, time) => key.nbf <= time && (key.exp === undefined || time <= key.exp);

/** The value of a published list of keys (bytes as they were served), which people may have formatted: UTF-8 without a byte order mark, whole
 *  numbers, no member twice. Throws for anything else. */
export function readKeyList(bytes) {
  if (bytes.length > MOST_KEYS) throw new CodeError("format", "too long for a list of keys");
  const text = utf8(bytes), value = JSON.parse(text), strings = /"(?:[^"\\]|\\.)*"(\s*:)?/g;
  const names = [...text.matchAll(strings)].filter((found) => found[1] !== undefined).length;
  if (names !== plain(value)) throw new CodeError("format", "a member stands twice in one object");
  if (/[0-9][.eE]/.test(text.replace(strings, ""))) throw new CodeError("format", "a number that is not spelt as a whole one");
  return value;
}

/** Keys by kid from a JWKS. Entries in a form not known here are not trusted; a private key in the list empties it. `logged` are the bytes of
 *  the documents on stolen keys, by kid (/.well-known/logged/KID.json); one that the list does not pin is not believed. */
export async function readTrust(jwks, logged = {}) {
  const trust = new Map(), entries = isRecord(jwks) && Array.isArray(jwks.keys) ? jwks.keys : [];
  if (!globalThis.crypto?.subtle) throw new CodeError("no_crypto", "no WebCrypto outside a secure context");
  if (entries.some((entry) => isRecord(entry) && Object.hasOwn(entry, "d"))) return trust;
  for (const entry of entries) {
    if (!isRecord(entry) || entry.kty !== "EC" || entry.crv !== "P-256" || entry.alg !== "ES256" || entry.use !== "sig") continue;
    const named = ["iss", "typ", "kid", "x", "y"].map((name) => entry[name]);
    if (![...named, Object.hasOwn(entry, "logged_sha256") ? entry.logged_sha256 : "-"].every((text) => typeof text === "string" && text)) continue;
    if (![entry.nbf, entry.exp ?? 0, entry.revoked_at ?? 0].every(Number.isSafeInteger) || entry.exp === null || entry.revoked_at === null) continue;
    const { kty, crv, x, y } = entry;
    if (![x, y].every((text) => { const raw = unbase64url(text); return raw?.length === 32 && base64url(raw) === text; })) continue;
    const thumbprint = await digest(new TextEncoder().encode(JSON.stringify({ crv, kty, x, y })));
    if (base64url(thumbprint) !== entry.kid) continue;
    const key = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]).catch(() => null);
    const believed = await believedLogged(Object.hasOwn(logged, entry.kid) ? logged[entry.kid] : null, entry);
    if (key) trust.set(entry.kid, { key, iss: entry.iss, typ: entry.typ, nbf: entry.nbf, exp: entry.exp, revoked_at: entry.revoked_at, logged: believed });
  }
  return trust;
}

async function believedLogged(bytes, { kid, revoked_at: since, logged_sha256: pinned }) {
  if (!bytes || pinned === undefined || base64url(await digest(bytes)) !== pinned) return undefined;
  try {
    const found = strictJson(bytes, MOST_LOGGED, "format"), lists = [found.before, found.after];
    if (found.v !== 1 || found.kid !== kid || found.revoked_at !== since) return undefined;
    if (!lists.every((list) => Array.isArray(list) && list.every((name) => typeof name === "string"))) return undefined;
    return { before: new Set(found.before), after: new Set(found.after) };
  } catch { return undefined; }
}

/** JSON in its one spelling: writing the value again gives the same text, which no duplicate, space, escape or odd number survives. */
function strictJson(bytes, limit, reason) {
  try {
    if (bytes.length > limit) throw new Error("too long");
    const text = utf8(bytes), value = JSON.parse(text);
    if (JSON.stringify(value) !== text) throw new Error("another spelling");
    plain(value);
    if (lone(value)) throw new Error("a lone surrogate");
    return value;
  } catch (error) {
    throw new CodeError(reason, `not JSON as it is signed: ${error.message}`);
  }
}

/** How many members the objects in `value` have in all; throws for numbers, names and depths that readers do not agree on. */
function plain(value, depth = 0) {
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new Error("not a whole number");
  if (typeof value !== "object" || value === null) return 0;
  if (depth === DEEPEST) throw new Error("too deep");
  let members = 0;
  for (const [name, member] of Object.entries(value)) {
    if (!Array.isArray(value) && /^[0-9]+$/.test(name)) throw new Error("a name no member may have");
    members += plain(member, depth + 1) + (Array.isArray(value) ? 0 : 1);
  }
  return members;
}

/** A half character, which JSON can spell as an escape; as bytes the decoder refuses it. */
function lone(value) {
  if (typeof value === "string") return LONE_SURROGATE.test(value);
  return typeof value === "object" && value !== null && Object.entries(value).some(([name, member]) => LONE_SURROGATE.test(name) || lone(member));
}

/* (7) the closed shape: each function returns the first fault as text, or "" --------------------------------------- */

export const FORBIDDEN = [[0x0000, 0x001F], [0x007F, 0x009F], [0x00AD, 0x00AD], [0x034F, 0x034F], [0x061C, 0x061C], [0x0897, 0x0897], [0x0ECE, 0x0ECE], [0x115F, 0x1160],
  [0x17B4, 0x17B5], [0x180B, 0x180F], [0x1ACF, 0x1AFF], [0x200B, 0x200F], [0x2028, 0x202E], [0x2060, 0x206F], [0x2E80, 0x2EFF], [0x2F00, 0x2FDF],
  [0x3164, 0x3164], [0xD800, 0xDFFF], [0xE000, 0xF8FF], [0xF900, 0xFAFF], [0xFE00, 0xFE0F], [0xFEFF, 0xFEFF], [0xFFA0, 0xFFA0],
  [0xFFF0, 0xFFFF], [0x10000, 0x1FFFF], [0x2F800, 0x2FA1F], [0xE0000, 0xE0FFF], [0xF0000, 0x10FFFF]];
const FORBIDDEN_SIGN = new RegExp(`[${FORBIDDEN.map((range) => range.map((code) => `\\u{${code.toString(16)}}`).join("-")).join("")}]`, "u");   // half the time of a first check went into a loop
const LONE_SURROGATE = /\p{Cs}/u;

const text = (longest) => (value, at) => {
  if (typeof value !== "string") return `${at}: not text`;
  if (value === "" || [...value].length > longest) return `${at}: too long or empty`;
  if (FORBIDDEN_SIGN.test(value)) return `${at}: a forbidden character`;
  return value.normalize("NFC") !== value || value.trim() !== value ? `${at}: not normal, or space at an end` : "";
};
const matching = (pattern) => (value, at) => (typeof value === "string" && pattern.test(value) && !value.endsWith("\n") ? "" : `${at}: not matching`);
const whole = (low, high) => (value, at) => (Number.isSafeInteger(value) && low <= value && value <= high ? "" : `${at}: no whole number in range`);
const exactly = (...values) => (value, at) => (values.includes(value) ? "" : `${at}: not one of ${values}`);
const day = (value, at) => {
  const found = typeof value === "string" && /^((?:19|20|21)[0-9]{2})-([0-9]{2})-([0-9]{2})$/.exec(value);
  const date = found && new Date(Date.UTC(+found[1], +found[2] - 1, +found[3]));
  return date && value === date.toISOString().slice(0, 10) ? "" : `${at}: no day`;
};
const record = (required, optional = {}) => (value, at) => {
  if (!isRecord(value)) return `${at}: not an object`;
  const missing = Object.keys(required).find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return `${at}/${missing}: missing`;
  for (const [name, member] of Object.entries(value)) {
    const shape = Object.hasOwn(required, name) ? required[name] : Object.hasOwn(optional, name) ? optional[name] : null;
    const fault = shape ? shape(member, `${at}/${name}`) : `${at}/${name}: no such member`;
    if (fault) return fault;
  }
  return "";
};
const list = (one, least, most) => (value, at) => {
  if (!Array.isArray(value) || value.length < least || value.length > most) return `${at}: no list of ${least} to ${most}`;
  return value.map((element, place) => one(element, `${at}/${place}`)).find((fault) => fault) ?? "";
};

/** Positions among the scope items, each greater than the one before. */
const rising = (value, at) => list(whole(0, 199), 1, 100)(value, at) || (value.every((place, nth) => nth === 0 || value[nth - 1] < place) ? "" : `${at}: not rising`);

const TIME = whole(10 ** 9, 10 ** 11), INDEX = whole(0, 2 ** 24 - 1), CODE = matching(/^[0-9A-Z]{18}$/), IDENTIFIER = matching(/^[0-9A-Z.]{1,120}$/);
const ORIGIN = matching(/^https?:\/\/[a-z0-9.\-]{1,200}(?::[0-9]{1,5})?$/);
const ADDRESS = matching(/^https?:\/\/[a-z0-9.\-]{1,200}(?::[0-9]{1,5})?\/[A-Za-z0-9/.\-]{1,100}$/);
const HELD = record({ type: text(60), held: exactly(true), number: text(60), status_idx: INDEX },
  { authority: text(60), valid_from: day, valid_to: day, id: IDENTIFIER, scope: rising });
const NOT_HELD = record({ type: text(60), held: exactly(false) }, { authority: text(60) });
const LONG = record({ kind: exactly("long") }), UNTIL = record({ kind: exactly("until"), until: day });
const ROLES = ["representative", "operator", "investor"];
const MEMBERS = record({
  type: text(40),
  premises: text(300),
  scope: list(record({ kind: exactly("general", "licensed"), items: list(text(200), 1, 100), note: text(200) }), 1, 2),
  established_on: day,
  registry: record({ name: text(60), uscc: CODE, division: matching(/^[0-9]{6}$/) }),
}, {
  name: text(200), composition: text(20), representative: text(100), operator: text(100), investor: text(100),
  capital_fen: whole(1, 10 ** 15), supervising_authority: text(60), term: (value, at) => (value?.kind === "until" ? UNTIL : LONG)(value, at),
});
const CLAIMS = record({
  iss: ORIGIN, iat: TIME, nbf: TIME, exp: TIME, jti: IDENTIFIER, sub: CODE, vct: ADDRESS,
  status: record({ status_list: record({ idx: INDEX, uri: ADDRESS }) }),
  licence: (value, at) => MEMBERS(value, at) || (ROLES.filter((role) => Object.hasOwn(value, role)).length === 1 ? "" : `${at}: not one person`)
    || (Object.hasOwn(value, "name") || Object.hasOwn(value, "operator") ? "" : `${at}/name: missing`),
  permits: list((value, at) => (value?.held === false ? NOT_HELD : HELD)(value, at), 0, 40),
  permits_total: whole(0, 40),
  log: record({ origin: text(120), index: whole(0, Number.MAX_SAFE_INTEGER) }),
}, { permits_digest: matching(/^[A-Za-z0-9_-]{43}$/) });

/** All scope items in the order in which permits count them. */
export const itemsOf = (licence) => licence.scope.flatMap((half) => half.items);

/* (9)-(11) time, status, permits ----------------------------------------------------------------------------------- */

function inTime(claims, { at, latest }) {
  if (claims.iat > at + LEEWAY) return answer("clock", at);
  if (claims.nbf > at + LEEWAY) return answer("not_yet", at);
  return claims.exp <= latest ? answer("expired", latest) : null;
}

/** Of two texts that were had as the list of `uri` the one to go on with: the newest that can be believed, so that nothing ever goes back.
 *  One of a time that has not come yet replaces no other and gives way to any, lest a wrong list stay for ever. */
export async function newerList(fresh, held, { uri, trust, at }) {
  const other = await believedList(held, uri, null, trust);
  if (other === null || other === "untrusted") return fresh;
  const one = await believedList(fresh, uri, null, trust);
  if (one === "untrusted") return held;
  return other.iat > at + LEEWAY || (one.iat >= other.iat && one.iat <= at + LEEWAY) ? fresh : held;
}

/** The list as {iat, exp, bits, bytes}, null when there is none, or "untrusted"; of any issuer where `iss` is null. Signature before inflation. */
async function believedList(compact, uri, iss, trust) {
  if (compact === undefined) return null;
  try {
    if (compact.length > MOST_TOKEN) return "untrusted";
    const parts = partsOf(compact), [header, key] = findKey(parts, trust);
    await authenticate(parts, header, key, STATUS);
    const claims = strictJson(parts.payload, compact.length, "format"), inner = claims.status_list;
    const good = claims.sub === uri && claims.iss === key.iss && isUnder(uri, key.iss) && (iss === null || key.iss === iss) && key.revoked_at === undefined
      && !TIME(claims.iat, "iat") && !TIME(claims.exp, "exp") && claims.exp - claims.iat <= LONGEST_LIST && covers(key, claims.iat);
    return good ? { iat: claims.iat, exp: claims.exp, ...await readStatusList(inner) } : "untrusted";
  } catch {
    return "untrusted";
  }
}

/** Whether the host of an address is the issuer's own: lists of others, who are trusted for theirs, must not stand in for it. */
const isUnder = (uri, iss) => uri.startsWith(`${iss}/`) && iss.split("/").length === 3;

/** The text of a status list as it was served: blanks at its ends belong to files, anything else to the token. Never throws: what is no
 *  UTF-8 is no token, and "" is none either. */
export function tokenText(bytes) {
  const blank = (place) => [32, 9, 10, 13].includes(bytes[place]);
  let first = 0, end = bytes.length;
  while (first < end && blank(first)) first += 1;
  while (first < end && blank(end - 1)) end -= 1;
  try { return utf8(bytes.subarray(first, end)); } catch { return ""; }
}

/** The member `status_list` of a list's claims as {bits, bytes}; throws for what is none. */
export async function readStatusList({ bits, lst }) {
  const packed = [1, 2, 4, 8].includes(bits) ? unbase64url(lst) : null;
  if (packed === null || base64url(packed) !== lst) throw new CodeError("status_untrusted", "no status list of 1, 2, 4 or 8 bits in base64url");
  const bytes = await inflate("deflate", [], packed, 0, MOST_LIST);
  if (bytes.length === 0) throw new CodeError("status_untrusted", "an empty list");
  return { bits, bytes };
}

export function statusAt({ bits, bytes }, index) {
  const byte = Math.floor(index * bits / 8);
  return byte < bytes.length ? (bytes[byte] >> (index * bits % 8)) & (2 ** bits - 1) : null;
}

function statusAnswer({ list: found, at, latest, oldestStatus }, index, good) {
  if (found === null) return answer("status_missing");
  if (found === "untrusted") return answer("status_untrusted");
  const value = statusAt(found, index);
  if (value === null) return answer("status_index", found.iat);
  if (value === 1) return answer("revoked", found.iat);   // final, so even an old list is enough
  if (value === 3) return answer("replaced", found.iat);   // a newer version exists; final too
  if (found.iat > at + LEEWAY) return answer("clock", at);
  if (found.exp <= latest || (oldestStatus !== null && latest - found.iat > oldestStatus)) return answer("status_stale", found.iat);
  return answer({ 0: good, 2: "suspended" }[value] ?? "status_value", found.iat);
}

function permitAnswer(permit, claims, book) {
  if (!permit.held) return answer("not_held", claims.iat);
  if (permit.valid_from > dayInChina(book.at)) return answer("permit_not_yet", book.at);   // false where there is none
  if (permit.valid_to < dayInChina(book.latest)) return answer("permit_expired", book.latest);
  return statusAnswer(book, permit.status_idx, "held");
}

const dayInChina = (seconds) => new Date((seconds + 8 * 3600) * 1000).toISOString().slice(0, 10);

/* bytes ------------------------------------------------------------------------------------------------------------ */

const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const utf8 = (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);   // as other readers: nothing repaired, nothing stripped
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const digest = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
const base64url = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function unbase64url(text) {
  if (typeof text !== "string" || !/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return null;
  return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));
}

function joined(pieces, total) {
  const all = new Uint8Array(total);
  pieces.reduce((place, piece) => { all.set(piece, place); return place + piece.length; }, 0);
  return all;
}
