/** Reads pages of a list until `limit` items are there or it ends. The server gives at most 200 at a time. */
export async function readPages<Item, Key>(
  limit: number,
  read: (page: { limit: number; after?: Key }) => Promise<{ items: Item[]; next: Key | null }>,
): Promise<Item[]> {
  const items: Item[] = [];
  let after: Key | null = null;
  while (items.length < limit) {
    const page: { items: Item[]; next: Key | null } = await read({
      limit: Math.min(200, limit - items.length),
      ...(after !== null && { after }),
    });
    items.push(...page.items);
    if (page.next === null) break;
    after = page.next;
  }
  return items;
}
