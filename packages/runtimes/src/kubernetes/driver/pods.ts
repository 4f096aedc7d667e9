import type { Cluster, Informer } from "@berth/cluster";
import { refOf } from "@berth/cluster";
import type { Clock, Log } from "@berth/core";
import { exitText, stoppedText } from "../../instances/exit-text.ts";
import type { KnownExit } from "../../instances/known-instance.ts";
import { makeObserved } from "../../instances/observed.ts";
import { Probes } from "../../instances/probes.ts";
import { CopiedLog } from "../../logs/copied-log.ts";
import { logFolder } from "../../logs/log-folder.ts";
import type { ObservedInstance } from "@berth/core";
import { isReadyToKubelet, makePodInstance, runOf } from "../pods/instance.ts";
import type { PodInstance } from "../pods/instance.ts";
import { statusOf, timeOf } from "../pods/pod.ts";
import type { Pod } from "../pods/pod.ts";
import { listeningIn } from "./listening-in.ts";
import type { PodReach } from "./pod-reach.ts";
import { readPodLog } from "./pod-log.ts";
import type { WorkloadView } from "./view.ts";

export interface PodsDeps {
  home: string;
  cluster: Cluster;
  pods: Informer<Pod>;
  clock: Clock;
  log: Log;
  workerReadyAfterMs: number;
  reach: PodReach;
}

interface KnownPod {
  pod: Pod;
  log: CopiedLog;
  /** The run that the log follows, or has followed to its end. */
  run: string;
  ended: string | null;
  ready: { run: string; at: number; host: string | null } | null;
  lastLines: readonly string[];
  isLeaving: boolean;
}

/** The pods of one workload: what is known of each besides the cluster, their probes and their logs. */
export class WorkloadPods {
  view: WorkloadView;
  readonly #deps: PodsDeps;
  readonly #onChange: () => void;
  readonly #known = new Map<string, KnownPod>();
  readonly #probes: Probes;

  constructor(view: WorkloadView, deps: PodsDeps, onChange: () => void) {
    this.view = view;
    this.#deps = deps;
    this.#onChange = onChange;
    this.#probes = new Probes({
      health: view.health,
      clock: deps.clock,
      workerReadyAfterMs: deps.workerReadyAfterMs,
      onReady: (name, at, host) => this.#ready(name, at, host),
      onReason: onChange,
    });
  }

  /** Takes a pod as the cluster has it now. */
  take(pod: Pod): void {
    const { name } = pod.metadata;
    const before = this.#known.get(name);
    if (before !== undefined && before.pod.metadata.uid !== pod.metadata.uid) this.drop(before.pod);
    const known = this.#known.get(name) ?? this.#begin(pod);
    known.pod = pod;
    const instance = this.#instanceOf(known);
    this.#copyLog(known, instance);
    if (this.view.port !== null && instance.address !== null && isReadyToKubelet(pod))
      void this.#deps.reach.ask(instance.address, this.view.port);
    const target = () => this.#targetOf(instance);
    this.#probes.observe(instance, instance.run, target);
    this.#onChange();
  }

  /** Looks at all of them anew. */
  lookAgain(): void {
    for (const { pod } of this.#known.values()) this.take(pod);
  }

  /** A pod is no more. */
  drop(pod: Pod): void {
    const { name, uid } = pod.metadata;
    const known = this.#known.get(name);
    if (known === undefined || known.pod.metadata.uid !== uid) return;
    this.#known.delete(name);
    this.#probes.lose(name);
    const exit = this.#instanceOf({ ...known, pod }).lastExit;
    void this.#endLog(known, exit);
    this.#onChange();
  }

  /** These are about to end: nothing more is sent to them. */
  leave(names: readonly string[]): void {
    for (const name of names) {
      const known = this.#known.get(name);
      if (known !== undefined) known.isLeaving = true;
    }
    this.#onChange();
  }

  instances(): PodInstance[] {
    return [...this.#known.values()].map((known) => this.#instanceOf(known));
  }

  observed(): ObservedInstance[] {
    return this.instances().map((instance) => {
      const { pending } = instance;
      const reason =
        pending?.reason ?? this.#deps.reach.reason(instance.address) ?? this.#probes.reasons.get(instance.id) ?? null;
      const observed = makeObserved(instance, this.view.health !== null, reason);
      return { ...observed, givenUpAt: pending?.givenUpAt ?? null };
    });
  }

  get isEmpty(): boolean {
    return this.#known.size === 0;
  }

  async close(): Promise<void> {
    this.#probes.close();
    await Promise.all([...this.#known.values()].map(({ log }) => log.close()));
  }

  #begin(pod: Pod): KnownPod {
    const read = readPodLog(this.#deps.cluster, refOf(pod));
    const log = new CopiedLog(read, logFolder(this.#deps.home, this.view), pod.metadata.name);
    const known = { pod, log, run: "", ended: null, ready: null, lastLines: [], isLeaving: false };
    this.#known.set(pod.metadata.name, known);
    return known;
  }

  #instanceOf(known: KnownPod): PodInstance {
    const { pod, ready, lastLines, isLeaving } = known;
    const { image, port, memoryBytes, stopGraceMs } = this.view;
    const isOfRun = ready !== null && ready.run === runOf(pod);
    const workload = { ...this.view, resources: { memoryBytes }, stopGraceMs };
    const instance = makePodInstance(
      pod,
      workload,
      { image, port: port ?? 0 },
      {
        ready: isOfRun ? ready : null,
        lastLines,
        trustsKubelet: port === null || this.#deps.reach.isProven,
      },
    );
    return isLeaving ? { ...instance, state: "stopping" } : instance;
  }

  #targetOf(instance: PodInstance) {
    const { address, pending, port, startedAt } = instance;
    if (pending !== null || address === null) return null;
    const ref = { apiVersion: "v1", kind: "Pod", namespace: instance.namespace, name: instance.id };
    const listening = () => listeningIn(this.#deps.cluster, ref);
    return { hosts: [address], port, ownPort: port, startedAt, isOnLoopback: false, listening };
  }

  #ready(name: string, at: number, host: string | null): void {
    const known = this.#known.get(name);
    if (known === undefined) return;
    known.ready = { run: runOf(known.pod), at, host };
    this.#onChange();
  }

  /** Follows each run of the container, and notes how it ended. */
  #copyLog(known: KnownPod, instance: PodInstance): void {
    const container = statusOf(known.pod);
    const terminated = container?.state?.terminated ?? container?.lastState?.terminated;
    const endedRun = terminated === undefined ? null : `${known.pod.metadata.uid}/${timeOf(terminated.finishedAt)}`;
    if (endedRun !== null && endedRun !== known.ended && instance.lastExit !== null && instance.state !== "stopping") {
      known.ended = endedRun;
      void this.#noteEnd(known, instance.lastExit);
    }
    if (container?.state?.running === undefined || known.run === instance.run) return;
    known.run = instance.run;
    known.log.note(instance.startedAt, instance.restarts === 0 ? "started" : "started again");
    known.log.follow(instance.run, instance.startedAt);
  }

  /** What it has written last may say why: then the reason is told anew. */
  async #noteEnd(known: KnownPod, exit: KnownExit): Promise<void> {
    const { clock } = this.#deps;
    const lines = await known.log
      .finish(known.run, exit.at === 0 ? 0 : timeOf(known.pod.metadata.creationTimestamp))
      .catch(() => []);
    known.lastLines = lines;
    const told = this.#instanceOf(known).lastExit ?? exit;
    known.log.note(clock.now(), exitText(told, this.view.memoryBytes));
    this.#onChange();
  }

  async #endLog(known: KnownPod, exit: KnownExit | null): Promise<void> {
    await known.log.finish(known.run, timeOf(known.pod.metadata.creationTimestamp)).catch(() => []);
    if (exit === null || exit.failure === null)
      known.log.note(this.#deps.clock.now(), exit === null ? "stopped" : stoppedText(exit));
    await known.log.close();
  }
}
