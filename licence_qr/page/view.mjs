// Shows what verify.mjs found. Text goes in by textContent alone, so that no name can become markup.
// The fragment is read here and goes nowhere else: it is in no request, no log and no report.

import { hasDigest, keysMayFollow } from "/v/accepted.mjs";
import { installWorker, published } from "/v/kept.mjs";
import { SENTENCES } from "/v/sentences.mjs";
import { answer, itemsOf, newerList, readKeyList, readText, readTrust, tokenText, verify } from "/v/verify.mjs";

const OFFSET_SHOWN = 120;   // seconds that the device's clock may differ from the server's before it is mentioned
const NGO_TYPES = ["民办非企业单位（法人）", "民办非企业单位（合伙）", "民办非企业单位（个体）"];
const MARKS = { valid: "✓", not_valid: "✕", cannot_say: "?" };
const main = document.getElementById("main");
const dictionaries = new Map(), lists = {};   // kept in memory, so that a second scan works without a network
let trust = null, offset = 0, shown = null, turn = 0;
let keptAt = null, keysAt = null;   // since when the page knows nothing new, null when online; and since when no list of keys could follow
let language = navigator.languages.some((tag) => tag.toLowerCase().startsWith("zh")) ? "zh" : "en";

/** Of the certificate of an NGO it is said in the words for one, where they differ. */
const say = (group, key) => (ofNgo() && SENTENCES[`ngo_${group}`]?.[key] || SENTENCES[group][key])[language];
const ofNgo = () => NGO_TYPES.includes(shown?.claims?.licence.type);
const label = (key) => say("labels", key);

/** An element with a class, text or children; children may be null. */
function node(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

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

async function check(text) {
  const mine = ++turn;
  main.setAttribute("aria-busy", "true");
  main.replaceChildren(node("p", { class: "plain" }, label("checking")));
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
  if (mine === turn) { shown = found; draw(); }
}

function start() {
  const text = location.hash.slice(1);
  shown = null;
  if (text) check(`#${text}`);
  else draw();
}

/* drawing ----------------------------------------------------------------------------------------------------------- */

function draw() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = label("title");
  document.getElementById("title").textContent = label("title");
  const toggle = document.getElementById("switch");
  toggle.textContent = label("switch");
  toggle.lang = language === "zh" ? "en" : "zh-CN";
  document.getElementById("footer").textContent = label("private");
  main.replaceChildren(...(shown ? drawn(shown) : [drawEmpty()]));
  // Screen readers announce what changes in an element that was there before: the verdict and its sentence, once.
  document.getElementById("spoken").textContent = shown ? `${say("verdicts", shown.verdict)} ${say("reasons", shown.reason)}` : "";
  main.setAttribute("aria-busy", "false");
}

function drawn(found) {
  const parts = [drawVerdict(found)];
  if (found.claims) parts.push(drawBusiness(found.claims), drawScope(found), drawPermits(found), drawParticulars(found));
  else parts.push(drawEmpty());
  return parts;
}

function drawVerdict(found) {
  const { verdict, reason } = found, current = found.authentic.verdict === "valid" ? found.current : found.authentic;
  const late = Math.abs(offset) > OFFSET_SHOWN;
  const barred = verdict === "not_valid" ? 0 : found.permits.filter((permit) => permit.verdict === "not_valid" && permit.reason !== "not_held").length;
  return node("section", { class: `verdict ${verdict}`, "data-verdict": verdict, "data-reason": reason },
    node("p", { class: "word" }, node("span", { class: "mark", "aria-hidden": "true" }, MARKS[verdict]), say("verdicts", verdict)),
    node("p", { class: "why" }, say("reasons", reason)),
    barred ? node("p", { class: "barred" }, say("notes", "permits_barred").replace("{n}", barred)) : null,
    current.as_of === null ? null : node("p", { class: "when" }, `${label("as_of")} ${time(current.as_of)}`),
    keptAt === null ? null : node("p", { class: "when kept" }, say("notes", "offline").replace("{t}", time(keptAt))),
    keysAt === null ? null : node("p", { class: "when keys-kept" }, say("notes", "keys_kept").replace("{t}", time(keysAt))),
    late ? node("p", { class: "when" }, say("notes", "device_clock")) : null);
}

function drawBusiness(claims) {
  const { licence } = claims;
  return node("section", { class: "business" },
    node("h2", { lang: "zh-CN" }, licence.name ?? `${label("no_name")}${licence.operator}`),
    node("p", { class: "address", lang: "zh-CN" }, licence.premises),
    node("p", { class: "here" }, label("here")));
}

/** What it may do is said only of a licence that stands; of others, what was registered. */
function drawScope({ claims, verdict, permits }) {
  const headings = verdict === "valid" ? { general: "may", licensed: "may_with_permit" } : { general: "general", licensed: "licensed" };
  const told = barredItems({ claims, verdict, permits });
  let place = 0;
  const halves = claims.licence.scope.map((half) => [
    node("h3", {}, label(headings[half.kind])),
    node("ul", { class: `scope ${half.kind}`, lang: "zh-CN" }, ...half.items.map((item) => node("li", {}, item, ...(told.get(place++) ?? [])))),
    node("p", { class: "note", lang: "zh-CN" }, `（${half.note}）`),
  ]);
  return node("section", {}, ...halves.flat());
}

/** By position, what is said under a scope item whose permit is suspended, revoked, over or not begun; nothing under a licence that is not valid. */
function barredItems({ claims, verdict, permits }) {
  const told = new Map();
  if (verdict === "not_valid") return told;
  claims.permits.forEach(({ type, scope = [] }, nth) => {
    const { verdict: word, reason } = permits[nth];
    if (word !== "not_valid" || reason === "not_held") return;
    const why = `${language === "zh" ? "：" : ": "}${say("item_reasons", reason)}`;
    for (const place of scope) told.set(place, [...(told.get(place) ?? []),
      node("p", { class: "item-barred", lang: document.documentElement.lang, "data-reason": reason }, node("span", { lang: "zh-CN" }, type), why)]);
  });
  return told;
}

function drawPermits({ claims, permits, verdict: licence }) {
  const items = itemsOf(claims.licence);
  const rows = claims.permits.map((permit, place) => {
    const { verdict, reason } = permits[place], word = permitWord(licence, permits[place]), spoken = PERMIT_NOTES[word];
    const told = spoken ? say("notes", spoken) : (SENTENCES.permit_reasons[reason] ?? SENTENCES.reasons[reason])[language];
    const facts = [["number", permit.number], ["authority", permit.authority], ["valid_until", permit.valid_to],
      ["covers", (permit.scope ?? []).map((item) => items[item]).join("；")]].filter(([, value]) => value);
    return node("li", { class: `permit ${word}`, "data-verdict": verdict, "data-reason": reason },
      node("p", { class: "kind" }, node("span", { lang: "zh-CN" }, permit.type),
        node("span", { class: "state" }, node("span", { class: "mark", "aria-hidden": "true" }, PERMIT_MARKS[word] ?? MARKS[verdict]), say("permit_verdicts", word))),
      word === "valid" ? null : node("p", { class: "told" }, told),
      permit.held && !permit.authority ? node("p", { class: "facts" }, say("notes", "permit_short")) : null,
      ...facts.map(([key, value]) => node("p", { class: "facts" }, `${label(key)} `, node("span", { lang: "zh-CN" }, value))));
  });
  const leftOut = claims.permits_total - claims.permits.length;
  return node("section", {}, node("h3", {}, label("permits")),
    rows.length ? node("ul", { class: "permits" }, ...rows) : null,
    leftOut ? node("p", { class: "note left-out" }, `${say("notes", "permits_left_out").replace("{n}", leftOut)} `,
      node("a", { href: "/v/number" }, label("all_permits"))) : null,
    rows.length || leftOut ? null : node("p", { class: "note" }, label("no_permits")));
}

const PERMIT_MARKS = { not_held: "○", void: "–", unsure: "–" }, PERMIT_NOTES = { void: "permit_void", unsure: "permit_unsure" };

/** The word for a permit: of one that stands by itself on a licence that does not, it is not said that it is held. */
function permitWord(licence, { verdict, reason }) {
  if (verdict === "valid" && licence !== "valid") return licence === "not_valid" ? "void" : "unsure";
  return reason === "not_held" ? "not_held" : verdict;
}

function drawParticulars({ claims, reason, at }) {
  const { licence, log } = claims, role = ["representative", "operator", "investor"].find((name) => name in licence);
  const rows = [
    ["uscc", claims.sub, "code"],
    ["type", [licence.type, licence.composition].filter(Boolean).join(" · ")],
    [role, licence[role]],
    "capital_fen" in licence ? ["capital", yuan(licence.capital_fen)] : null,
    "supervising_authority" in licence ? ["supervising_authority", licence.supervising_authority] : null,
    ["established", licence.established_on],
    licence.term ? ["term", licence.term.kind === "until" ? `${label("until")} ${licence.term.until}` : label("long")] : null,
    ["registry", licence.registry.name],
    ["identifier", claims.jti, "code"],
    ["log", `${log.origin} #${log.index}`, "code"],
    ["checked_at", time(at)],
    ["reason", reason, "code"],
  ].filter(Boolean);
  return node("section", {}, node("h3", {}, label("particulars")),
    node("dl", {}, ...rows.map(([key, value, kind = ""]) => node("div", { class: `row ${kind}` }, node("dt", {}, label(key)), node("dd", {}, value)))));
}

function drawEmpty() {
  const field = node("textarea", { id: "paste", rows: "3", autocomplete: "off", autocapitalize: "off", spellcheck: "false", "aria-label": label("paste") });
  const button = node("button", { type: "button", class: "check" }, label("check"));
  button.addEventListener("click", () => { if (field.value.trim()) check(field.value.trim()); });
  return node("section", { class: "empty" }, node("p", {}, label("empty")), field, button,
    node("p", { class: "other" }, node("a", { href: "/v/number" }, label("number_link"))));
}

function yuan(fen) {
  if (fen % 1000000 === 0) return `${fen / 1000000}万元`;
  return fen % 100 === 0 ? `${fen / 100}元` : `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, "0")}元`;
}

/** A time as it is in China, whatever zone the phone is set to. */
function time(seconds) {
  return new Date((seconds + 8 * 3600) * 1000).toISOString().slice(0, 16).replace("T", " ");
}

document.getElementById("switch").addEventListener("click", () => { language = language === "zh" ? "en" : "zh"; draw(); });
addEventListener("hashchange", start);
start();
installWorker();
