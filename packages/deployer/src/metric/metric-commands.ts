import {
  canonicalJson,
  type DesiredEnvironment,
  type GenerationService,
  type MetricCommand,
  type MetricState,
  type ObservedWorkload,
  type Scope,
  scalingMetricOf,
} from "@berth/core";
import type { DeployerDeps } from "../deps.ts";
import type { FollowedTasks } from "../followed-tasks.ts";
import { type Answer, askBacklog } from "./ask-backlog.ts";

/** Between two runs, also where one takes longer than it should be until the next. */
const pauseMs = 1_000;
/** Of the line that is shown where a command fails. */
const printedCharacters = 200;

/** Runs the metric commands of what is live in an environment, each again and again, and never twice at once. */
export interface MetricCommands {
  /** Takes what is live and runs now. */
  saw(desired: Pick<DesiredEnvironment, "live">, workloads: ReadonlyMap<string, ObservedWorkload>): void;
  /** How much waits for workloads, of those whose command says so. */
  backlogs(): ReadonlyMap<string, number>;
  /** What is known of each, by workload. */
  states(): ReadonlyMap<string, MetricState>;
  /** Runs none any more. */
  stop(): Promise<void>;
}

export interface MetricDeps extends Pick<DeployerDeps, "runtime" | "clock" | "installationKey" | "log"> {
  tasks: FollowedTasks;
  /** There is something new to decide by. */
  look(): Promise<void>;
}

type Metered = Pick<GenerationService, "workload"> & { metric: MetricCommand };

/** One that is run. */
interface Running extends Metered {
  instance: string | null;
  state: MetricState;
  ending: AbortController;
  done: Promise<void>;
}

export function makeMetricCommands(deps: MetricDeps, scope: Scope): MetricCommands {
  const { runtime, clock, log, look } = deps;
  const running = new Map<string, Running>();
  const leaving = new Set<Promise<void>>();
  let isStopped = false;

  function begin(metered: Metered): Running {
    const state = { backlog: null, measuredAt: null, failure: null };
    const one: Running = { ...metered, instance: null, state, ending: new AbortController(), done: Promise.resolve() };
    running.set(metered.workload.id, one);
    return one;
  }

  function end(one: Running) {
    one.ending.abort();
    running.delete(one.workload.id);
    leaving.add(one.done);
    void one.done.finally(() => leaving.delete(one.done));
  }

  async function repeat(one: Running) {
    const { workload, metric, ending } = one;
    const { signal } = ending;
    while (!signal.aborted) {
      const startedAt = clock.now();
      const question = { workload, command: metric.command, instance: one.instance };
      const answer = await askBacklog(deps, question, signal).catch(() => null);
      if (answer === null || signal.aborted) return;
      take(one, answer);
      void look();
      await clock.sleep(Math.max(startedAt + metric.everyMs - clock.now(), pauseMs), signal);
    }
  }

  function take(one: Running, answer: Answer) {
    const { id: workload, service } = one.workload;
    const { failure: before } = one.state;
    if ("backlog" in answer) {
      one.state = { backlog: answer.backlog, measuredAt: clock.now(), failure: null };
      if (before !== null) log.info({ ...scope, service }, "a metric command says again how much waits");
      return;
    }
    const { reason } = answer;
    const printed = answer.printed?.slice(0, printedCharacters) ?? null;
    one.state = { ...one.state, failure: { since: before?.since ?? clock.now(), reason, printed } };
    // It is tried for as long as it takes, and told once. What it printed is not Berth's to write into its log.
    if (before !== null) return;
    log.warn({ ...scope, service, reason }, "a metric command fails: the number of instances stays as it is");
    const text = `The number of instances stays as it is, for its metric command fails: ${reason}`;
    runtime.note?.(scope, { workload, reason: "MetricFailed", isWarning: true, text });
  }

  return {
    saw({ live }, workloads) {
      if (isStopped) return;
      const metered = (live?.services ?? []).flatMap(meteredOf);
      const wanted = new Map(metered.map((one) => [one.workload.id, one]));
      for (const one of running.values()) {
        const still = wanted.get(one.workload.id);
        if (still === undefined || canonicalJson(still.metric) !== canonicalJson(one.metric)) end(one);
      }
      for (const [id, one] of wanted) {
        const known = running.get(id);
        const current = known ?? begin(one);
        current.instance = workloads.get(id)?.instances.find(({ state }) => state === "ready")?.id ?? null;
        if (known === undefined) current.done = repeat(current);
      }
    },
    backlogs() {
      const known = [...running].filter(([, { state }]) => state.failure === null && state.backlog !== null);
      return new Map(known.map(([id, { state }]) => [id, state.backlog!]));
    },
    states: () => new Map([...running].map(([id, { state }]) => [id, state])),
    async stop() {
      isStopped = true;
      for (const one of running.values()) end(one);
      await Promise.all(leaving);
    },
  };
}

/** What is scaled by what a command says, with the command. */
function meteredOf({ workload, scale }: GenerationService): Metered[] {
  const { metric } = scale;
  // Whether the runtime scales by load itself makes no difference to that.
  return metric === undefined || scalingMetricOf(scale, true) !== "command" ? [] : [{ workload, metric }];
}
