// What the scripts share that stand in for Plausible's and Umami's.
export const tag = document.currentScript;

/** Posts JSON as text/plain, which needs no preflight and outlives the page. Resolves to the answer, or to nothing. */
export function post(url, body) {
  const how = { method: "POST", headers: { "Content-Type": "text/plain" }, keepalive: true, credentials: "omit" };
  return fetch(url, { ...how, body: JSON.stringify(body) }).catch(() => {});
}

/** Calls `moved` with the new address after each call of these methods of `history`. */
export function onHistory(names, moved) {
  for (const name of names) {
    const original = history[name];
    history[name] = function (...rest) {
      const result = original.apply(this, rest);
      moved(rest[2]);
      return result;
    };
  }
}

/** What the page put into localStorage; nothing where it may not be read. */
export function kept(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}
