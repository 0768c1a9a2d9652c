// Fetches what a verdict needs, asks verify.mjs and shows what it found (draw.mjs).
// The fragment is read here and goes nowhere else: it is in no request, no log and no report.

import { hasDigest, keysMayFollow } from "/v/accepted.mjs";
import { drawPage, drawWaiting } from "/v/draw.mjs";
import { installWorker, published } from "/v/kept.mjs";
import { answer, newerList, readKeyList, readText, readTrust, tokenText, verify } from "/v/verify.mjs";

const OFFSET_SHOWN = 120;   // seconds that the device's clock may differ from the server's before it is mentioned
const dictionaries = new Map(), lists = {};   // kept in memory, so that a second scan works without a network
let trust = null, offset = 0, shown = null, turn = 0;
let keptAt = null, keysAt = null;   // since when the page knows nothing new, null when online; and since when no list of keys could follow
let language = navigator.languages.some((tag) => tag.toLowerCase().startsWith("zh")) ? "zh" : "en";

/* fetching: same origin only, nothing about the visitor goes along -------------------------------------------------- */

/** Whatever was not had from the network makes the verdict one of `keptAt`, and the page says so. */
async function get(path, better, cache) {
  const found = await published(path, better, cache);
  if (found.keptAt !== null && !found.refused) keptAt = Math.min(keptAt ?? found.keptAt, found.keptAt);
  return found;
}

async function dictionary(id) {
  if (!dictionaries.has(id)) {
    const response = await fetch(`/v/dictionary-${id}.bin`, { credentials: "omit", referrerPolicy: "no-referrer", redirect: "error" });
    if (!response.ok) throw new Error(`dictionary ${id} answered ${response.status}`);
    dictionaries.set(id, new Uint8Array(await response.arrayBuffer()));
  }
  return dictionaries.get(id);
}

async function refreshTrust() {
  try {
    // "no-store": a 304 would leave the Age of an older answer beside the Date of a new one
    const { bytes, served, refused, ...held } = await get("/.well-known/jwks.json", keysMayFollow, "no-store");
    if (!Number.isNaN(served)) offset = Math.round((served - Date.now()) / 1000);
    keysAt = refused ? held.keptAt : null;
    if (refused && keysAt === null) throw new Error("no list of keys was had that can be used");
    const jwks = readKeyList(bytes);
    trust = await readTrust(jwks, await loggedOf(jwks));
  } catch (error) {
    if (error.reason === "no_crypto") throw error;
    trust ??= new Map();   // an older list in memory is better than none
  }
}

/** What the registry says of the licences of keys that were stolen; without it such a licence is answered with "cannot say". */
async function loggedOf(jwks) {
  const stolen = (Array.isArray(jwks?.keys) ? jwks.keys : []).filter((key) => key?.logged_sha256 !== undefined && /^[A-Za-z0-9_-]{43}$/.test(key.kid));
  const fetched = stolen.map(async ({ kid, logged_sha256: pinned }) => {   // a kept one is as good as a fresh one, or is not believed
    try { return [kid, (await published(`/.well-known/logged/${kid}.json`, hasDigest(pinned))).bytes]; } catch { return [kid, null]; }
  });
  return Object.fromEntries(await Promise.all(fetched));
}

/** The list of a county, whole: nobody learns which licence is being looked at. The signed address must match later on. */
async function refreshList(uri) {
  const path = new URL(uri).pathname;
  if (!/^\/status\/[0-9]{1,9}$/.test(path)) return;
  try {
    const newest = (fresh, held) => newerList(fresh, held, { uri, trust, at: now() });
    const better = async (fresh, held) => held === null || (await newest(tokenText(fresh), tokenText(held))) === tokenText(fresh);
    const text = tokenText((await get(path, better)).bytes);
    lists[uri] = await newest(text, lists[uri]);
  } catch {
    // the verdict says that the list could not be had, or how old the one in memory is
  }
}

/** The time in seconds: the device's, or the server's where they differ much. What has ended is judged by the later of the two, so that a
 *  served time (a cache may have kept it for days) can make an answer stricter and never fresher. */
const now = () => Math.floor(Date.now() / 1000) + (Math.abs(offset) > OFFSET_SHOWN ? offset : 0);
const times = () => ({ at: now(), latest: Math.max(now(), Math.floor(Date.now() / 1000)) });

/* checking ---------------------------------------------------------------------------------------------------------- */

async function check(text, byPerson = true) {
  const mine = ++turn;
  drawWaiting(language);
  let found;
  keptAt = null;
  try {
    // While the network is waited for, the text is read once: dictionary, inflation and digits are warm when it counts.
    await Promise.all([refreshTrust(), readText(text, dictionary).catch(() => null)]);
    const known = { trust, dictionary, lists };
    found = await verify(text, { ...known, ...times() });
    if (found.claims) {
      await refreshList(found.claims.status.status_list.uri);
      found = await verify(text, { ...known, ...times() });
    }
  } catch (error) {
    const reason = error.reason ?? "format";
    found = { ...answer(reason), at: Math.floor(Date.now() / 1000), claims: null, permits: [], authentic: answer(reason), current: answer("not_authentic") };
  }
  if (mine !== turn) return;
  shown = found;
  draw();
  if (byPerson) document.querySelector(".word").focus();
}

function start(byPerson) {
  const text = location.hash.slice(1);
  shown = null;
  turn += 1;
  if (text) check(`#${text}`, byPerson);
  else draw();
}

/** The empty page again, its address without the code that was looked at. */
function startAnew() {
  history.replaceState(null, "", location.pathname);
  start(true);
  document.getElementById("paste").focus();
}

function draw() {
  drawPage({ language, found: shown, late: Math.abs(offset) > OFFSET_SHOWN, keptAt, keysAt, check, startAnew });
}

document.getElementById("switch").addEventListener("click", () => { language = language === "zh" ? "en" : "zh"; draw(); });
addEventListener("hashchange", () => start(true));
start(false);
installWorker();
