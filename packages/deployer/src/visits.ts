import { type KeptGeneration, workloadIds } from "@berth/core";
import type { DeployerDeps } from "./deps.ts";

/** Releases that were asked for by their permalinks: each stays for a while after the last request to it, and only so many at once. */
export interface Visits {
  has(version: number): boolean;
  /** Adds one; where there are too many, the one asked for least recently makes room. */
  add(generation: Omit<KeptGeneration, "until">): void;
  /** Those whose time is not over, each with when it will be. */
  current(): readonly KeptGeneration[];
  /** Forgets all: what is asked for again comes up where its environment is by then. */
  clear(): void;
}

export function makeVisits({ router, clock, policy }: Pick<DeployerDeps, "router" | "clock" | "policy">): Visits {
  let visited: readonly KeptGeneration[] = [];

  function extended(generation: KeptGeneration): KeptGeneration {
    const load = router.load(workloadIds(generation));
    const lastRequests = generation.services.map(({ workload }) => {
      const counted = load.get(workload.id);
      return (counted?.inFlight ?? 0) > 0 ? clock.now() : (counted?.lastRequestAt ?? 0);
    });
    return { ...generation, until: Math.max(generation.until, ...lastRequests.map((at) => at + policy.visitForMs)) };
  }

  function current(): readonly KeptGeneration[] {
    if (visited.length > 0) visited = visited.map(extended).filter(({ until }) => until > clock.now());
    return visited;
  }

  return {
    has: (wanted) => visited.some(({ version }) => version === wanted),
    add(generation) {
      const added = { ...generation, until: clock.now() + policy.visitForMs };
      visited = [added, ...current()].toSorted((a, b) => b.until - a.until).slice(0, policy.maxVisited);
    },
    current,
    clear: () => void (visited = []),
  };
}
