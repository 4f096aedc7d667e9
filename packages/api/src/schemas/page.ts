import { z } from "zod";

const limit = z.coerce.number<string | number>().int().min(1).max(200).default(50).describe("At most this many items");
const help = "Where to go on: `next` of the page before";

/** Paging where items are keyed by text. */
export const textPage = z.strictObject({ limit, after: z.string().min(1).max(200).optional().describe(help) });
/** Paging where items are keyed by number. */
export const numberPage = z.strictObject({
  limit,
  after: z.coerce.number<string | number>().int().min(0).optional().describe(help),
});

/** One page of a list. `next` is what to send as `after` for the following page, null on the last. */
export function pageSchema<Item extends z.ZodType, Key extends z.ZodType>(item: Item, key: Key) {
  return z.object({
    items: z.array(item),
    next: key.nullable().describe("Send it as `after` for the next page; null on the last"),
  });
}

/**
 * Cuts a list that was read one item longer than asked for into a page.
 * `list` is called with that longer limit; `key` names an item in `after`.
 */
export async function makePage<Item, View, Key>(
  query: { limit: number; after?: Key | undefined },
  list: (page: { limit: number; after?: Key }) => Promise<Item[]>,
  key: (item: Item) => Key,
  view: (item: Item) => View,
): Promise<{ items: View[]; next: Key | null }> {
  const found = await list({
    limit: query.limit + 1,
    ...(query.after !== undefined && { after: query.after }),
  });
  const items = found.slice(0, query.limit);
  const last = items.at(-1);
  return { items: items.map(view), next: found.length > query.limit && last !== undefined ? key(last) : null };
}
