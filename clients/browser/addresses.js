// Addresses without what should stay in the page: queries other than campaigns, fragments, ids in paths.

export function tidy(url) {
  const [head, query = ""] = url.split("#")[0].split("?");
  const kept = query.split("&").filter((pair) => /^(utm_\w+|ref)=/.test(pair));
  return kept.length ? `${head}?${kept.join("&")}` : head;
}

// "/orders/1042/lines" -> "/orders/{id}/lines": numbers, long tokens with a digit, anything with an @.
const ID = /^\d+$|@|%40|^(?=.*\d)[\w-]{16,}$/;
export const template = (path) => path.replace(/[^/]+/g, (part) => (ID.test(part) ? "{id}" : part));
