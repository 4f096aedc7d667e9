import type { BuildPlan, LockedVersion, SourceTree } from "@berth/core";
import type { BillOf, Components } from "./bom.ts";
import type { LockfileText } from "./parse-lockfiles.ts";

/** What components of successive images are kept for, in characters: most pushes change no lockfile. */
const mostKept = 16 * 2 ** 20;

/** Makes bills of materials. */
export interface SbomMaker {
  make(source: SourceTree, plan: Pick<BuildPlan, "steps">, of: BillOf): Promise<string>;
  /** The packages that such a bill would list. */
  packages(source: SourceTree, plan: Pick<BuildPlan, "steps">): Promise<LockedVersion[]>;
  /** The packages that a bill lists, which was made before. */
  packagesIn(bill: Uint8Array): Promise<LockedVersion[]>;
}

export function makeSbomMaker(): SbomMaker {
  const kept = new Map<string, Components>();

  async function componentsOf(source: SourceTree, plan: Pick<BuildPlan, "steps">): Promise<Components> {
    const { listLockfiles } = await import("./read-lockfiles.ts");
    const { key, tooLarge, read } = await listLockfiles(source, plan);
    const components = kept.get(key) ?? (await readAll(await read()));
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
    async make(source, plan, of) {
      const { makeBom } = await import("./bom.ts");
      return makeBom(of, await componentsOf(source, plan));
    },
    async packages(source, plan) {
      const { text } = await componentsOf(source, plan);
      if (text === "") return [];
      const { lockedVersions } = await import("./locked-versions.ts");
      return lockedVersions(JSON.parse(`[${text}]`));
    },
    async packagesIn(bill) {
      const { lockedVersions } = await import("./locked-versions.ts");
      return lockedVersions(JSON.parse(Buffer.from(bill).toString()).components ?? []);
    },
  };
}

/** What reads lockfiles is loaded where there are any. */
async function readAll(texts: readonly LockfileText[]): Promise<Components> {
  if (texts.length === 0) return { text: "", count: 0, unread: [] };
  const { readComponents } = await import("./read-components.ts");
  return readComponents(texts);
}
