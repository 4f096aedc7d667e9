import { RegistryError } from "../registry-error.ts";

const maxPage = 1_000;

export interface NamesPage {
  items: string[];
  /** The `Link` header that leads to the next page; null on the last. */
  link: string | null;
}

/** The page of a sorted list that `n` and `last` ask for. `path` is where the list is. Throws `SIZE_INVALID`. */
export function selectPage(names: readonly string[], query: URLSearchParams, path: string): NamesPage {
  const asked = query.get("n");
  if (asked !== null && !/^\d{1,9}$/.test(asked)) {
    throw new RegistryError("SIZE_INVALID", `n=${asked} is not a number of items.`, { detail: asked });
  }
  const size = Math.min(asked === null ? maxPage : Number(asked), maxPage);
  const last = query.get("last");
  const rest = last === null ? names : names.filter((name) => name > last);
  const items = rest.slice(0, size);
  const end = items.at(-1);
  if (end === undefined || rest.length <= size) return { items, link: null };
  return { items, link: `<${path}?n=${size}&last=${encodeURIComponent(end)}>; rel="next"` };
}
