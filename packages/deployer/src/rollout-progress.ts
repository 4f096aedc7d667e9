import { type Generation, isReady, listens, type Observed, type Standing } from "@berth/core";
import type { Timeline } from "./timeline.ts";

/** Turns what is seen of a rollout into its timeline: each new service starts, and becomes ready. */
export interface RolloutProgress {
  saw(rollout: Generation, standing: Standing, observed: Observed): void;
}

export function makeRolloutProgress(timeline: Pick<Timeline, "start" | "end" | "line">): RolloutProgress {
  const open = new Set<string>();
  const done = new Set<string>();
  const told = new Set<string>();
  return {
    saw(rollout, { live, warm }, observed) {
      for (const service of rollout.services) {
        const { id, service: name } = service.workload;
        if (done.has(id)) continue;
        if (live?.services.some(({ workload }) => workload.id === id)) {
          timeline.line("start", "unchanged, keeps running", name);
          done.add(id);
          continue;
        }
        const instances = observed.workloads.get(id)?.instances ?? [];
        const isUp = isReady(service, { live, warm }, observed);
        if (isUp && !open.has(id) && warm.some(({ services }) => services.some(({ workload }) => workload.id === id))) {
          timeline.line("start", "is warm, runs already", name);
          done.add(id);
          continue;
        }
        if (instances.length > 0 && !open.has(id)) {
          timeline.start("start", "", name);
          open.add(id);
        }
        for (const { reason } of instances) {
          if (reason === null || told.has(`${id} ${reason}`)) continue;
          told.add(`${id} ${reason}`);
          timeline.line("start", reason, name);
        }
        if (!isUp) continue;
        done.add(id);
        if (instances.length === 0) continue;
        const count = instances.length > 1 ? `${instances.length} instances ` : "";
        const durationMs = Math.max(...instances.map(({ startedAt, readyAt }) => (readyAt ?? startedAt) - startedAt));
        timeline.end("start", `${count}${listens(service) ? "ready" : "running"}`, name, durationMs);
      }
    },
  };
}
