import type { Pod } from "@berth/cluster";
import { BerthError } from "@berth/core";
import type { BuildSink, Clock } from "@berth/core";
import type { BuildEvent, BuildOutcome } from "./channel/protocol.ts";
import type { Jobs } from "./jobs.ts";
import { judgePod } from "./pod-trouble.ts";
import type { PodImages } from "./pod-trouble.ts";

export interface JobRun {
  name: string;
  images: PodImages;
  /** Passed on to whoever follows the build. */
  sink: BuildSink;
  /** What is noted once, when its pod has begun to build. */
  began(): void;
  packing(): void;
}

/** No volume can be had for the caches of the app. */
export class NoVolume extends Error {}

const lookMs = 1_000;
/** A Job without a pod after so long waits for something. */
const podWithinMs = 4_000;
const quotaPatienceMs = 15 * 60_000;
/** What a pod told last may still be on its way when the cluster says that it has ended. */
const lastWordMs = 5_000;

/** Follows a build that was started to its end: what its pod tells on the one hand, how the pod fares on the other. */
export function followJob(
  jobs: Pick<Jobs, "follow" | "quotaUse">,
  { name, images, sink, began, packing }: JobRun,
  clock: Clock,
  signal: AbortSignal,
): { onEvent(event: BuildEvent): void; outcome: Promise<BuildOutcome> } {
  const told = Promise.withResolvers<BuildOutcome>();
  const done = new AbortController();
  let hasBegun = false;
  const onEvent = (event: BuildEvent) => {
    if (!hasBegun) began();
    hasBegun = true;
    if (event.kind === "start") sink.start(event.step, event.text);
    else if (event.kind === "line") sink.line(event.text);
    else if (event.kind === "end") sink.end(event.step, event.durationMs);
    else if (event.kind === "packing") packing();
    else told.resolve(event.outcome);
  };

  async function watchPod(): Promise<never> {
    const startedAt = clock.now();
    let pod: Pod | null = null;
    let wasThere = false;
    let endedAt: number | null = null;
    let said = "";
    const say = (text: string) => {
      if (text === said) return;
      said = text;
      sink.line(text);
    };
    const following = jobs.follow(name, (now) => {
      pod = now;
      wasThere ||= now !== null;
    });
    try {
      for (;;) {
        await clock.sleep(lookMs, done.signal);
        done.signal.throwIfAborted();
        const now = clock.now();
        if (pod === null && !wasThere) {
          if (now - startedAt < podWithinMs) continue;
          const use = (await jobs.quotaUse()).join(", ");
          if (now - startedAt > quotaPatienceMs) throw noPod(use);
          say(`Waiting for the cluster to make the pod; of the quota of builds are taken: ${use}`);
          continue;
        }
        const state = pod === null ? ({ kind: "ended", reason: "was removed" } as const) : judgePod(pod, images, now);
        if (state.kind === "failed") told.resolve(state);
        else if (state.kind === "stuck" && state.isVolume) throw new NoVolume(state.reason);
        else if (state.kind === "stuck") throw podError(state.reason);
        else if (state.kind === "ended") {
          endedAt ??= now;
          if (now - endedAt >= lastWordMs) throw podError(state.reason);
        } else if (state.waitsFor !== null) say(`The pod of the build ${state.waitsFor}`);
      }
    } finally {
      following.stop();
    }
  }

  const aborted = new Promise<never>((_, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true, signal: done.signal });
  });
  const outcome = Promise.race([told.promise, watchPod(), aborted]).finally(() => done.abort());
  return { onEvent, outcome };
}

function podError(reason: string): BerthError {
  return new BerthError("cluster.failed", `The pod of the build ${reason}.`, {
    hint: "Push again; where it happens again, kubectl describe pods -l dev.berth/builds -A tells more.",
  });
}

function noPod(use: string): BerthError {
  return new BerthError(
    "cluster.failed",
    `The cluster has not made a pod for the build; of the quota are taken: ${use}.`,
    {
      path: "BERTH_BUILDS_QUOTA",
      hint: "Push again when other builds have ended, or raise the quota.",
    },
  );
}
