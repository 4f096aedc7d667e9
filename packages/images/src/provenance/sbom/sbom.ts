import type { BuildPlan, SourceTree } from "@berth/core";
import { makeBom } from "./bom.ts";
import type { BillOf, Components } from "./bom.ts";
import { readComponents } from "./read-components.ts";
import { listLockfiles } from "./read-lockfiles.ts";

/** What components of successive images are kept for, in characters: most pushes change no lockfile. */
const mostKept = 16 * 2 ** 20;

/** Makes bills of materials. */
export interface SbomMaker {
  make(source: SourceTree, plan: Pick<BuildPlan, "steps">, of: BillOf): Promise<string>;
}

export function makeSbomMaker(): SbomMaker {
  const kept = new Map<string, Components>();

  async function componentsOf(source: SourceTree, plan: Pick<BuildPlan, "steps">): Promise<Components> {
    const { key, tooLarge, read } = await listLockfiles(source, plan);
    const components = kept.get(key) ?? (await readComponents(await read()));
    keep(key, components);
    const reason = "it is too large to be read";
    return { ...components, unread: [...components.unread, ...tooLarge.map((path) => ({ path, reason }))] };
  }

  function keep(key: string, components: Components): void {
    kept.delete(key);
    kept.set(key, components);
    let total = [...kept.values()].reduce((sum, { text }) => sum + text.length, 0);
    for (const [oldest, { text }] of kept) {
      if (total <= mostKept) break;
      kept.delete(oldest);
      total -= text.length;
    }
  }

  return {
    make: async (source, plan, of) => makeBom(of, await componentsOf(source, plan)),
  };
}
