import type { Call } from "./calls/call.ts";
import type { Caller } from "./calls/caller.ts";
import { refusalOf } from "./calls/refusal.ts";
import type { Kind, KubeObject } from "./object.ts";

const pageSize = 500;

interface ListPage {
  metadata: { resourceVersion?: string; continue?: string };
  items: KubeObject[] | null;
}

/** All objects that a list call finds, page by page. `keep` is applied to each page, so that no more is held than is kept. */
export async function listPages<T extends KubeObject>(
  caller: Caller,
  call: Call,
  kind: Kind,
  keep: (object: KubeObject) => T | null,
): Promise<{ items: readonly T[]; resourceVersion: string }> {
  let items: T[] = [];
  let next: string | undefined;
  let limit: number | undefined = pageSize;
  for (;;) {
    let page: ListPage;
    try {
      page = await caller.send<ListPage>({ ...call, query: { ...call.query, limit, continue: next } });
    } catch (error) {
      if (refusalOf(error)?.status !== 410 || next === undefined) throw error;
      // The pages took so long that the rest is known no more: all at once, then.
      [items, next, limit] = [[], undefined, undefined];
      continue;
    }
    // Items of a list do not say what they are.
    for (const item of page.items ?? []) {
      const kept = keep({ ...item, ...kindOf(kind) });
      if (kept !== null) items.push(kept);
    }
    next = page.metadata.continue || undefined;
    if (next === undefined) return { items, resourceVersion: page.metadata.resourceVersion ?? "" };
  }
}

function kindOf({ apiVersion, kind }: Kind): Kind {
  return { apiVersion, kind };
}
