// May an answer of the network replace what is kept of the registry's keys? A maintenance page with status 200, an older list from some
// cache, a list cut short: none of them may take a key, a theft or the end of a window back. What is published only grows (docs/keys.md).

import { readKeyList, readTrust } from "./verify.mjs";

/** Whether the list of keys `fresh` may follow `held` (bytes; null when there is none yet): it can be used, and it forgets nothing. */
export async function keysMayFollow(fresh, held) {
  const now = await usable(fresh);
  if (now === null) return false;
  const before = held === null ? null : await usable(held);
  return before === null || [...before].every(([kid, key]) => now.has(kid) && keeps(now.get(kid), key));
}

/** The documents on stolen keys are pinned by the list of keys: a test of bytes for the document with this SHA-256 (base64url). */
export const hasDigest = (pinned) => async (fresh) => {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", fresh));
  return btoa(String.fromCharCode(...digest)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "") === pinned;
};

async function usable(bytes) {
  try {
    const trust = await readTrust(readKeyList(bytes));
    return trust.size > 0 ? trust : null;
  } catch (error) {
    if (error.reason === "no_crypto") throw error;
    return null;
  }
}

/** One key, as it was and as it is now: the same job, no wider a window, and a theft that was reported stays reported. */
function keeps(now, before) {
  const within = now.nbf >= before.nbf && (now.exp ?? Infinity) <= (before.exp ?? Infinity);
  const stolen = (now.revoked_at ?? Infinity) <= (before.revoked_at ?? Infinity);
  return now.iss === before.iss && now.typ === before.typ && within && stolen;
}
