// What the registry publishes, from the network or, without one, as it was kept at the last visit. Public documents alone, the same
// for everybody: keys, logged lists, whole status lists. Nothing of a licence that was scanned is kept or asked for.

const STORE = "published-1", PATIENCE = 6000;   // milliseconds after which what is kept is better than waiting
const KEPT_AT = "kept-at";

const remembered = new Map();   // beside the store: a private window or a full disk has none, and must not go back either

/** The answer to `path`: {bytes, served, keptAt, refused}. `served` is the server's time in ms (NaN when unknown), `keptAt` is null for an
 *  answer of the network, else when it was had, in seconds. Throws when there is neither. `better(bytes, held)`, or its promise, may refuse
 *  to replace what is kept; `held` is null when nothing is. What was refused is never kept, and where something is, that is the answer. */
export async function published(path, better = () => true, cache = "no-cache") {
  let fault;
  try {
    const response = await fetch(path, { credentials: "omit", referrerPolicy: "no-referrer", redirect: "error", cache, signal: AbortSignal.timeout(PATIENCE) });
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    const bytes = new Uint8Array(await response.arrayBuffer()), served = timeOf(response.headers);
    const held = await kept(path);
    if (held !== null && !same(bytes, held.bytes) && !(await better(bytes, held.bytes))) return { ...held, served, refused: true };
    if (held === null && !(await better(bytes, null))) return { bytes, served, keptAt: null, refused: true };
    await keep(path, bytes, served);
    return { bytes, served, keptAt: null, refused: false };
  } catch (error) { fault = error; }
  const held = await kept(path);
  if (held === null) throw fault;
  return { ...held, served: NaN, refused: false };
}

/** The server's time, RFC 9110 6.6.1, and how long a cache on the way has had the answer since, RFC 9111 5.1; in ms. */
export function timeOf(headers) {
  const age = /^[0-9]{1,10}$/.exec(headers.get("age")?.split(",")[0].trim() ?? "0");
  return Date.parse(headers.get("date") ?? "") + 1000 * Number(age ?? 0);
}

const same = (one, other) => one.length === other.length && one.every((byte, place) => byte === other[place]);

/** Stored without the server's Date: an old one must never be taken for the time now. */
async function keep(path, bytes, served) {
  const keptAt = Math.floor((Number.isNaN(served) ? Date.now() : served) / 1000);
  remembered.set(path, { bytes, keptAt });
  try {
    await (await caches.open(STORE)).put(path, new Response(bytes, { headers: { [KEPT_AT]: String(keptAt) } }));
  } catch { /* private window or full disk: the page works, without a network it will say that it cannot say */ }
}

async function kept(path) {
  const known = remembered.get(path) ?? null;
  try {
    const found = await (await caches.open(STORE)).match(path);
    if (!found) return known;
    const keptAt = Number(found.headers.get(KEPT_AT));
    return known !== null && known.keptAt >= keptAt ? known : { bytes: new Uint8Array(await found.arrayBuffer()), keptAt };
  } catch { return known; }
}

/** Install the worker that opens this page without a network; when a newer version takes over, load it. */
export async function installWorker() {
  const { serviceWorker } = navigator;
  if (!serviceWorker) return;
  const known = serviceWorker.controller !== null;
  serviceWorker.addEventListener("controllerchange", () => { if (known) location.reload(); });
  const address = globalThis.trustedTypes?.createPolicy("scan-worker", { createScriptURL: () => "/v/worker.js" }).createScriptURL("") ?? "/v/worker.js";
  await serviceWorker.register(address, { scope: "/v", updateViaCache: "none" }).catch(() => {});   // it works without one, online
}
