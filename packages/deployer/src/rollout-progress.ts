import {
  type IdentifiedWorkload,
  isReady,
  listens,
  type Observed,
  type Rollout,
  scheduleKey,
  type Standing,
  workloadIds,
} from "@berth/core";
import type { CommandProgress } from "./command-progress.ts";
import type { Timeline } from "./timeline.ts";
import { waitText } from "./wait-text.ts";

/** Turns what is seen of a rollout into its timeline: each new service starts, and becomes ready. */
export interface RolloutProgress {
  /** Its image is given to where it runs. */
  loads(workload: IdentifiedWorkload): void;
  /** It cannot go on for now, for this reason; null: it can. */
  waits(reason: string | null): void;
  saw(rollout: Rollout, standing: Standing, observed: Observed): void;
  /** Resolves when what its commands have printed is told, of those that have ended. */
  settled(): Promise<void>;
  /** Requests go to it now, but for those that come by these routers, which do not answer. */
  routed(silent: readonly string[]): void;
}

export function makeRolloutProgress(
  timeline: Pick<Timeline, "start" | "end" | "line">,
  { command = null, isShortLived = false }: { command?: CommandProgress | null; isShortLived?: boolean } = {},
): RolloutProgress {
  const open = new Set<string>();
  const done = new Set<string>();
  const told = new Set<string>();
  let isSkippingTold = false;
  let waiting: string | null = null;

  /** Tells something of a service once. */
  function tell(id: string, name: string, text: string) {
    if (told.has(`${id} ${text}`)) return;
    told.add(`${id} ${text}`);
    timeline.line("start", text, name);
  }

  return {
    loads: ({ id, service }) => tell(id, service, "making its image ready"),
    waits(reason) {
      if (reason !== null && reason !== waiting) timeline.line("start", `waiting: ${reason}`);
      if (reason === null && waiting !== null) timeline.line("start", "going on");
      waiting = reason;
    },
    routed(silent) {
      for (const router of silent)
        timeline.line("route", `router ${router} does not answer, and may serve the release before until it does`);
    },
    settled: async () => command?.settled(),
    saw(rollout, { live, warm }, observed) {
      if (rollout.isUnchanged === true && !isSkippingTold)
        timeline.line("release", "is what is live already: its release command is not run");
      isSkippingTold = true;
      const { commands = [] } = rollout;
      command?.saw(commands, observed.tasks);
      if (!commands.every(({ id }) => observed.tasks.get(id)?.exit?.code === 0)) return;
      for (const service of rollout.services) {
        const { id, service: name, cron } = service.workload;
        if (done.has(id)) continue;
        if (cron !== undefined) {
          const runs =
            isShortLived && !cron.inPreviews
              ? "its schedule does not run in previews"
              : `runs when it is due: ${scheduleKey(cron)}`;
          timeline.line("start", runs, name);
          done.add(id);
          continue;
        }
        if (workloadIds(live).includes(id)) {
          timeline.line("start", "unchanged, keeps running", name);
          done.add(id);
          continue;
        }
        const instances = observed.workloads.get(id)?.instances ?? [];
        const before = listens(service) ? undefined : live?.services.find(({ workload }) => workload.service === name);
        const old = observed.workloads.get(before?.workload.id ?? "")?.instances ?? [];
        if (instances.length === 0 && old.some(({ state }) => state === "stopping"))
          tell(id, name, "waiting for the old one to stop");
        const isUp = isReady(service, { live, warm, rollout }, observed);
        if (isUp && !open.has(id) && workloadIds(...warm).includes(id)) {
          timeline.line("start", "is warm, runs already", name);
          done.add(id);
          continue;
        }
        if (instances.length > 0 && !open.has(id)) {
          timeline.start("start", "", name);
          open.add(id);
        }
        for (const instance of instances) {
          if (instance.reason !== null) tell(id, name, waitText(instance.reason, instance));
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
