import { type Generation, isReady, listens, type ObservedWorkload } from "@berth/core";
import type { Timeline } from "./timeline.ts";

/** Turns what is seen of a rollout into its timeline: each new service starts, and becomes ready. */
export interface RolloutProgress {
  saw(rollout: Generation, live: Generation | null, workloads: ReadonlyMap<string, ObservedWorkload>): void;
}

export function makeRolloutProgress(timeline: Timeline): RolloutProgress {
  const open = new Map<string, (text: string) => void>();
  const done = new Set<string>();
  const told = new Set<string>();
  return {
    saw(rollout, live, workloads) {
      for (const service of rollout.services) {
        const { id, service: name } = service.workload;
        if (done.has(id)) continue;
        if (live?.services.some(({ workload }) => workload.id === id)) {
          timeline.line("start", "unchanged, keeps running", name);
          done.add(id);
          continue;
        }
        const instances = workloads.get(id)?.instances ?? [];
        if (instances.length > 0 && !open.has(id)) open.set(id, timeline.start("start", "", name));
        for (const { reason } of instances) {
          if (reason === null || told.has(`${id} ${reason}`)) continue;
          told.add(`${id} ${reason}`);
          timeline.line("start", reason, name);
        }
        if (!isReady(service, live, { workloads, load: new Map(), loadSince: 0 })) continue;
        done.add(id);
        const count = instances.length > 1 ? `${instances.length} instances ` : "";
        open.get(id)?.(`${count}${listens(service) ? "ready" : "running"}`);
      }
    },
  };
}
