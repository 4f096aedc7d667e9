import { refOf } from "@berth/cluster";
import type { Cluster, KubeObject, ObjectRef, Pod } from "@berth/cluster";
import type { Clock, ObservedInstance } from "@berth/core";
import { makeObserved } from "../../instances/observed.ts";
import { nothingFound, Probes } from "../../instances/probes.ts";
import { logFolder } from "../../logs/log-folder.ts";
import { isReadyToKubelet, makePodInstance, runOf } from "../pods/instance.ts";
import type { PodInstance } from "../pods/instance.ts";
import { PodMarks, pullDurationMs } from "../pods/pod-marks.ts";
import { statusOf } from "../pods/pod.ts";
import { listeningIn } from "./listening-in.ts";
import type { PodReach } from "./pod-reach.ts";
import { readPodLog } from "./pod-log.ts";
import { PodNotes } from "./pod-notes.ts";
import type { PodUsage } from "./usage.ts";
import type { WorkloadView } from "./view.ts";

export interface PodsDeps {
  home: string;
  cluster: Cluster;
  clock: Clock;
  workerReadyAfterMs: number;
  reach: PodReach;
  usageOf(pod: Pod): PodUsage;
}

interface KnownPod {
  pod: Pod;
  notes: PodNotes;
  marks: PodMarks;
  ready: { run: string; at: number; host: string | null } | null;
  lastLines: readonly string[];
  /** All that it has written by its end is in its log. */
  isLogWhole: boolean;
  isLeaving: boolean;
  /** The cluster has it no more; what it wrote last is being copied. */
  isGone: boolean;
}

interface PulledEvent extends KubeObject {
  message?: string;
}

/** The pods of one workload: what is known of each besides the cluster, their probes and their logs. */
export class WorkloadPods {
  view: WorkloadView;
  readonly #deps: PodsDeps;
  readonly #onChange: () => void;
  /** By the pods' uids. */
  readonly #known = new Map<string, KnownPod>();
  readonly #probes: Probes;
  /** When one more was asked for. */
  #askedAt: number | null = null;

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
    const known = this.#known.get(uidOf(pod)) ?? this.#begin(pod);
    known.pod = pod;
    if (known.marks.take(pod, this.#deps.clock.now())) void this.#askForImage(pod);
    const instance = this.#instanceOf(known);
    known.notes.take(pod, instance);
    if (this.view.port !== null && instance.address !== null && isReadyToKubelet(pod))
      void this.#deps.reach.ask(instance.address, this.view.port);
    this.#probes.observe(instance, instance.run, () => this.#targetOf(instance));
    this.#onChange();
  }

  /** One more is asked for now. */
  asked(): void {
    this.#askedAt = this.#deps.clock.now();
  }

  /** Since when one is asked for where none is there yet. */
  get askedAt(): number | null {
    return this.present().length === 0 ? this.#askedAt : null;
  }

  /** Looks at all of them anew. */
  lookAgain(): void {
    for (const { pod } of this.#known.values()) this.take(pod);
  }

  /** A pod is no more. It is told of until its log is whole. */
  drop(pod: Pod): void {
    const known = this.#known.get(uidOf(pod));
    if (known === undefined || known.isGone) return;
    known.pod = pod;
    known.isGone = true;
    this.#probes.lose(pod.metadata.name);
    this.#onChange();
    void known.notes.end(pod).finally(() => {
      this.#known.delete(uidOf(pod));
      this.#onChange();
    });
  }

  /** These are about to end: nothing more is sent to them. */
  leave(names: readonly string[]): void {
    const leaving = new Set(names);
    for (const known of this.#known.values()) if (leaving.has(known.pod.metadata.name)) known.isLeaving = true;
    this.#onChange();
  }

  /** What was to leave and was not ended by the cluster stays. */
  stay(): void {
    for (const known of this.#known.values()) known.isLeaving = false;
    this.#onChange();
  }

  /** Those that the cluster has not been asked to end. */
  present(): Pod[] {
    return [...this.#known.values()]
      .filter(({ pod, isGone }) => !isGone && pod.metadata.deletionTimestamp === undefined)
      .map(({ pod }) => pod);
  }

  /** What can be run in, as far as the cluster tells. */
  running(): { id: string; state: string; pod: ObjectRef }[] {
    return [...this.#known.values()].map((known) => {
      const { id, state, pending } = this.#instanceOf(known);
      return { id, state: pending === null ? state : "pending", pod: refOf(known.pod) };
    });
  }

  observed(): ObservedInstance[] {
    return [...this.#known.values()].map((known) => {
      const instance = this.#instanceOf(known);
      const { pending } = instance;
      const reason = pending?.reason ?? this.#deps.reach.reason(instance.address);
      const found = reason === null ? this.#probes.foundOf(instance.id) : { ...nothingFound, reason };
      const marks = known.marks.marks(this.#probes.listeningAt(instance.id), instance.restarts);
      const observed = makeObserved(instance, this.view.health !== null, found, marks);
      const { cpuMillis } = this.#deps.usageOf(known.pod);
      return { ...observed, cpuMillis, node: instance.node, givenUpAt: pending?.givenUpAt ?? null };
    });
  }

  /** Whether what has ended has its whole log here; what never began has none. */
  get isLogWhole(): boolean {
    return [...this.#known.values()].every(
      ({ pod, isLogWhole }) => isLogWhole || statusOf(pod)?.state?.terminated === undefined,
    );
  }

  get isEmpty(): boolean {
    return this.#known.size === 0;
  }

  /** Whether a pod that runs has not been found ready, or was not asked yet. */
  get isWaiting(): boolean {
    return [...this.#known.values()].some((known) => {
      const { state, readyAt, address } = this.#instanceOf(known);
      return state === "running" && readyAt === null && address !== null;
    });
  }

  async close(): Promise<void> {
    this.#probes.close();
    await Promise.all([...this.#known.values()].map(({ notes }) => notes.interrupt()));
  }

  #begin(pod: Pod): KnownPod {
    const { home, cluster, clock } = this.#deps;
    const uid = uidOf(pod);
    const latest = () => statusOf(this.#known.get(uid)?.pod ?? pod)?.restartCount ?? 0;
    const notes = new PodNotes({
      read: readPodLog(cluster, refOf(pod), latest),
      folder: logFolder(home, this.view),
      instance: pod.metadata.name,
      memoryLimitBytes: this.view.memoryBytes,
      clock,
      onLastLines: (lines) => this.#knowLines(uid, lines),
    });
    const now = clock.now();
    const marks = new PodMarks(pod, this.#askedAt ?? now, now);
    const known = { pod, notes, marks, ready: null, lastLines: [], isLogWhole: false, isLeaving: false, isGone: false };
    this.#known.set(uid, known);
    return known;
  }

  /** Only its node knows what of a slow start was its image, and tells it in an event. */
  async #askForImage(pod: Pod): Promise<void> {
    const { namespace = "", uid } = pod.metadata;
    const options = { namespace, fields: `involvedObject.uid=${uid},reason=Pulled` };
    const { items } = await this.#deps.cluster
      .list<PulledEvent>({ apiVersion: "v1", kind: "Event" }, options)
      .catch(() => ({ items: [] }));
    const durationMs = pullDurationMs(items.at(-1)?.message ?? "");
    if (durationMs === null) return;
    this.#known.get(uidOf(pod))?.marks.pulled(durationMs);
    this.#onChange();
  }

  #instanceOf({ pod, ready, lastLines, isLeaving, isGone }: KnownPod): PodInstance {
    const { image, port, memoryBytes, stopGraceMs } = this.view;
    const workload = { ...this.view, resources: { memoryBytes }, stopGraceMs };
    const isOfRun = ready !== null && ready.run === runOf(pod);
    const trustsKubelet = port === null || this.#deps.reach.isProven;
    const known = { ready: isOfRun ? ready : null, lastLines, trustsKubelet };
    const instance = makePodInstance(pod, workload, { image, port: port ?? 0 }, known);
    const isStopping = isLeaving || isGone;
    return {
      ...instance,
      memoryBytes: this.#deps.usageOf(pod).memoryBytes,
      ...(isStopping && { state: "stopping" as const }),
    };
  }

  #targetOf(instance: PodInstance) {
    const { address, pending, port, startedAt } = instance;
    if (pending !== null || address === null) return null;
    const ref = { apiVersion: "v1", kind: "Pod", namespace: instance.namespace, name: instance.id };
    const listening = () => listeningIn(this.#deps.cluster, ref);
    return { hosts: [address], port, ownPort: port, startedAt, isOnLoopback: false, listening };
  }

  #ready(name: string, at: number, host: string | null): void {
    const known = [...this.#known.values()].find(({ pod, isGone }) => !isGone && pod.metadata.name === name);
    if (known === undefined) return;
    known.ready = { run: runOf(known.pod), at, host };
    this.#onChange();
  }

  /** What it has written last may say why it ended: then the reason is told anew. */
  #knowLines(uid: string, lines: readonly string[]): void {
    const known = this.#known.get(uid);
    if (known === undefined) return;
    known.lastLines = lines;
    known.isLogWhole = true;
    this.#onChange();
  }
}

function uidOf({ metadata }: Pod): string {
  return metadata.uid ?? metadata.name;
}
