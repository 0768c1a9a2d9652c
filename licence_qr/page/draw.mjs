// Draws what was found. Text goes in by textContent alone, so that no name can become markup.

import { SENTENCES } from "/v/sentences.mjs";
import { itemsOf } from "/v/verify.mjs";

const NGO_TYPES = ["民办非企业单位（法人）", "民办非企业单位（合伙）", "民办非企业单位（个体）"];
const CHINESE_ROWS = ["type", "representative", "operator", "investor", "capital", "supervising_authority", "registry"];   // as registered
const MARKS = { valid: "✓", not_valid: "✕", cannot_say: "?" };
const main = document.getElementById("main");
let seen = { language: "zh" };   // what is being drawn, see drawPage

/** Of the certificate of an NGO it is said in the words for one, where they differ. */
const say = (group, key) => (ofNgo() && SENTENCES[`ngo_${group}`]?.[key] || SENTENCES[group][key])[seen.language];
const ofNgo = () => NGO_TYPES.includes(seen.found?.claims?.licence.type);
const label = (key) => say("labels", key);

/** An element with a class, text or children; children may be null. */
function node(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** Say that an answer is being worked out. */
export function drawWaiting(language) {
  seen = { language };
  main.setAttribute("aria-busy", "true");
  main.replaceChildren(node("p", { class: "plain" }, label("checking")));
}

/** Draw the whole page: `seen` is { language, found (of verify.mjs, or null), late (whether the device's clock differs), keptAt, keysAt
 *  (seconds or null), check(text), startAnew() }. */
export function drawPage(now) {
  seen = now;
  const { language, found } = seen;
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = label("title");
  document.getElementById("title").textContent = label("title");
  const toggle = document.getElementById("switch");
  toggle.textContent = label("switch");
  toggle.lang = language === "zh" ? "en" : "zh-CN";
  toggle.hidden = false;   // without scripts it does nothing
  document.getElementById("footer").textContent = label("private");
  main.replaceChildren(...(found ? drawn(found) : [drawEmpty()]));
  // Screen readers announce what changes in an element that was there before: the verdict and its sentence, once.
  document.getElementById("spoken").textContent = found ? [say("verdicts", found.verdict), say("reasons", found.reason), ...permitNotes(found).map(([, told]) => told)].join(" ") : "";
  main.setAttribute("aria-busy", "false");
}

function drawn(found) {
  const parts = [drawVerdict(found)];
  if (found.claims) parts.push(drawBusiness(found.claims), drawScope(found), drawPermits(found), drawParticulars(found), drawNext());
  else parts.push(drawEmpty());
  return parts;
}

function drawVerdict(found) {
  const { late, keptAt, keysAt } = seen, { verdict, reason } = found, current = found.authentic.verdict === "valid" ? found.current : found.authentic;
  return node("section", { class: `verdict ${verdict}`, "data-verdict": verdict, "data-reason": reason },
    node("h2", { class: "word", tabindex: "-1" }, node("span", { class: "mark", "aria-hidden": "true" }, MARKS[verdict]), say("verdicts", verdict)),
    node("p", { class: "why" }, say("reasons", reason)),
    ...permitNotes(found).map(([kind, told]) => node("p", { class: kind }, told)),
    current.as_of === null || reason === "clock" ? null : node("p", { class: "when" }, `${label("as_of")} ${time(current.as_of)}`),
    keptAt === null ? null : node("p", { class: "when kept" }, say("notes", "offline").replace("{t}", time(keptAt))),
    keysAt === null ? null : node("p", { class: "when keys-kept" }, say("notes", "keys_kept").replace("{t}", time(keysAt))),
    late ? node("p", { class: "when" }, say("notes", "device_clock")) : null);
}

/** What is said beside the headline of permits that may not be used: [class, sentence]; nothing under a licence that is not valid. */
function permitNotes({ verdict, permits }) {
  const due = permits.filter((permit) => permit.reason === "not_held").length;
  const barred = permits.filter((permit) => permit.verdict === "not_valid" && permit.reason !== "not_held").length;
  return [["barred", barred], ["due", due]].filter(([, count]) => verdict !== "not_valid" && count > 0)
    .map(([kind, count]) => [kind, say("notes", `permits_${kind}`).replace("{n}", count).replace("{below}", say("notes", "below"))]);
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
    const why = `${seen.language === "zh" ? "：" : ": "}${say("item_reasons", reason)}`;
    for (const place of scope) told.set(place, [...(told.get(place) ?? []),
      node("p", { class: "item-barred", lang: document.documentElement.lang, "data-reason": reason }, node("span", { lang: "zh-CN" }, type), why)]);
  });
  return told;
}

function drawPermits({ claims, permits, verdict: licence }) {
  const items = itemsOf(claims.licence);
  const rows = claims.permits.map((permit, place) => {
    const { verdict, reason } = permits[place], word = permitWord(licence, permits[place]), spoken = PERMIT_NOTES[word];
    const told = spoken ? say("notes", spoken) : (SENTENCES.permit_reasons[reason] ?? SENTENCES.reasons[reason])[seen.language];
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
      numberLink("all_permits")) : null,
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
    ["version", claims.jti.split(".").at(-2)],
    ["log", `${log.origin} #${log.index}`, "code"],
    ["checked_at", time(at)],
    ["reason", reason, "code"],
  ].filter(Boolean);
  return node("section", {}, node("h3", {}, label("particulars")),
    node("dl", {}, ...rows.map(([key, value, kind = ""]) => node("div", { class: `row ${kind}` }, node("dt", {}, label(key)),
      node("dd", CHINESE_ROWS.includes(key) ? { lang: "zh-CN" } : {}, value)))));
}

function drawEmpty() {
  const field = node("textarea", { id: "paste", rows: "3", autocomplete: "off", autocapitalize: "off", spellcheck: "false", "aria-label": label("paste") });
  const button = node("button", { type: "button", class: "check" }, label("check"));
  button.addEventListener("click", () => { if (field.value.trim()) seen.check(field.value.trim()); });
  return node("section", { class: "empty" }, node("p", {}, label("empty")), field, button,
    node("p", { class: "other" }, numberLink("number_link")));
}

/** The page by number is the server's: without a network it is not offered. */
function numberLink(key) {
  return navigator.onLine && seen.keptAt === null ? node("a", { href: `/v/number?lang=${seen.language}` }, label(key)) : null;
}

function drawNext() {
  const button = node("button", { type: "button", class: "next" }, label("next"));
  button.addEventListener("click", seen.startAnew);
  return button;
}

function yuan(fen) {
  if (fen % 1000000 === 0) return `${fen / 1000000}万元`;
  return fen % 100 === 0 ? `${fen / 100}元` : `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, "0")}元`;
}

/** A time as it is in China, whatever zone the phone is set to; in English its zone is named. */
function time(seconds) {
  return new Date((seconds + 8 * 3600) * 1000).toISOString().slice(0, 16).replace("T", " ") + label("zone");
}
