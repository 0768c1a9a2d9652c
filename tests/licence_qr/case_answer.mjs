// What the page's verifier says of one case (cases.py), in node and in a browser alike. `page` is the module verify.mjs, `served(id)` gives
// the bytes of a published dictionary. A list of keys that is refused is no list: the verifier then has no keys.
export function answerer(page, served) {
  const kept = new Map(), encoded = (source) => new TextEncoder().encode(source);
  const unpacked = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));

  /** Kept, for most cases share their keys. */
  async function trusted(jwks, logged) {
    const source = typeof jwks === "string" ? jwks : JSON.stringify(jwks), name = JSON.stringify([source, logged]);
    if (!kept.has(name)) {
      if (kept.size > 50) kept.clear();
      let keys = { keys: [] };
      try { keys = page.readKeyList(encoded(source)); } catch { /* refused */ }
      kept.set(name, await page.readTrust(keys, Object.fromEntries(Object.entries(logged).map(([kid, text]) => [kid, encoded(text)]))));
    }
    return kept.get(name);
  }

  return async ({ text, jwks, lists: given, at, oldest_status: oldestStatus, logged = {}, dictionaries: own = {} }) => {
    const dictionary = async (id) => (Object.hasOwn(own, id) ? unpacked(own[id]) : served(id));
    try {
      const trust = await trusted(jwks, logged), lists = {};
      for (const [uri, had] of Object.entries(given)) {
        for (const token of [had].flat()) lists[uri] = await page.newerList(token, lists[uri], { uri, trust, at });   // in the order they were had
      }
      return await page.verify(text, { trust, dictionary, lists, at, oldestStatus });
    } catch (error) {
      return { raised: String(error?.stack ?? error) };
    }
  };
}
