// What the registry publishes, from the network or, without one, as it was kept at the last visit. Public documents alone, the same
// for everybody: keys, logged lists, whole status lists. Nothing of a licence that was scanned is kept or asked for.

const STORE = "published-1", PATIENCE = 6000;   // milliseconds after which what is kept is better than waiting
const KEPT_AT = "kept-at";

/** The answer to `path`: {bytes, served, keptAt}. `served` is the server's time in ms (NaN when unknown), `keptAt` is null for an answer
 *  of the network, else when it was had, in seconds. Throws when there is neither. `better(bytes, held)`, or its promise, may refuse to replace what is kept. */
export async function published(path, better = () => true) {
  let fault;
  try {
    const response = await fetch(path, { credentials: "omit", referrerPolicy: "no-referrer", redirect: "error", cache: "no-cache", signal: AbortSignal.timeout(PATIENCE) });
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    const bytes = new Uint8Array(await response.arrayBuffer()), served = Date.parse(response.headers.get("date") ?? "");
    const held = await kept(path);
    if (held !== null && !(await better(bytes, held.bytes))) return { bytes: held.bytes, served, keptAt: null };
    await keep(path, bytes, served);
    return { bytes, served, keptAt: null };
  } catch (error) { fault = error; }
  const held = await kept(path);
  if (held === null) throw fault;
  return held;
}

/** Stored without the server's Date: an old one must never be taken for the time now. */
async function keep(path, bytes, served) {
  const at = Math.floor((Number.isNaN(served) ? Date.now() : served) / 1000);
  try {
    await (await caches.open(STORE)).put(path, new Response(bytes, { headers: { [KEPT_AT]: String(at) } }));
  } catch { /* private window or full disk: the page works, without a network it will say that it cannot say */ }
}

async function kept(path) {
  try {
    const found = await (await caches.open(STORE)).match(path);
    if (!found) return null;
    return { bytes: new Uint8Array(await found.arrayBuffer()), served: NaN, keptAt: Number(found.headers.get(KEPT_AT)) };
  } catch { return null; }
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
