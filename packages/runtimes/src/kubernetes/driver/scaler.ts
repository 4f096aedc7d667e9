import { refOf, refText } from "@berth/cluster";
import type { Cluster, KubeObject, Pod } from "@berth/cluster";
import { surplusInstances } from "@berth/core";
import type { Clock, Log, Scope } from "@berth/core";
import { lastOwner } from "../drift/owners.ts";
import { pathOf } from "../drift/path.ts";
import type { Applier } from "./applier.ts";
import type { Copies } from "./copies.ts";
import { Corrections } from "./corrections.ts";
import { manager, ourManagers } from "./deps.ts";
import type { EventRecorder } from "./event-recorder.ts";
import type { WorkloadPods } from "./pods.ts";
import { nameOf, type Deployment } from "./view.ts";

/** Of pods that are about to end, so that the cluster ends the same ones: those with the lowest go first. */
const deletionCost = "controller.kubernetes.io/pod-deletion-cost";
/** The cluster ends pods that are not ready to it before any other: so long after a change of scale it is looked at which it has ended. */
const settleMs = 2_000;

export interface ScalerDeps {
  cluster: Cluster;
  copies: Copies;
  applier: Applier;
  events: Pick<EventRecorder, "tell">;
  clock: Clock;
  log: Log;
  /** A number that was left as it is for a while may be put back again. */
  onRelease(scope: Scope): void;
}

/** Sets how many instances a Deployment has, by its `scale` subresource. */
export class Scaler {
  readonly #deps: ScalerDeps;
  /** What was last asked for, by workload. */
  readonly #wanted = new Map<string, number>();
  /** How many there were when a Deployment was first seen, by workload: what holds until something else is asked for. */
  readonly #found = new Map<string, { uid: string | undefined; replicas: number }>();
  readonly #corrections: Corrections;
  readonly #closing = new AbortController();
  /** By workload: the last change of its scale is waited for. */
  readonly #settling = new Map<string, AbortController>();

  constructor(deps: ScalerDeps) {
    this.#deps = deps;
    this.#corrections = new Corrections(deps.clock);
  }

  /** A Deployment is there: as another server may have left it, from which somebody may change it. */
  saw(deployment: Deployment): void {
    const id = nameOf(deployment)?.id ?? "";
    const { uid } = deployment.metadata;
    if (this.#found.get(id)?.uid === uid || this.#isAutoscaled(id, deployment)) return;
    this.#found.set(id, { uid, replicas: replicasOf(deployment) });
  }

  /** False where the Deployment is gone. */
  async scale(deployment: Deployment, pods: WorkloadPods | undefined, replicas: number): Promise<boolean> {
    const { cluster, copies } = this.#deps;
    const id = nameOf(deployment)?.id ?? "";
    const isInsisted = this.#wanted.get(id) === replicas && this.#isChanged(id, deployment);
    // Nobody has to wait for an instance because of a quarrel.
    if (isInsisted && replicasOf(deployment) > 0 && this.#corrections.isHeld(id)) return true;
    this.#reportChange(id, deployment);
    this.#wanted.set(id, replicas);
    if (replicasOf(deployment) === replicas) return true;
    if (isInsisted) this.#noteCorrection(id, deployment);
    this.#settling.get(id)?.abort();
    const isDown = replicas < replicasOf(deployment);
    if (isDown) await this.#choose(pods, replicas);
    else pods?.stay();
    try {
      if (!(await cluster.scale(refOf(deployment), replicas, { manager: manager.scaler }))) return false;
      await copies.until(deployment, (copy) => copy === undefined || replicasOf(copy as Deployment) === replicas);
    } catch (error) {
      pods?.stay();
      throw error;
    }
    const note = `Scaled from ${replicasOf(deployment)} to ${replicas}`;
    this.#deps.events.tell(deployment, { reason: "Scaled", action: "Scale", isWarning: false, note });
    if (isDown && replicas > 0) void this.#settle(id, pods);
    return true;
  }

  forget(id: string): void {
    this.#wanted.delete(id);
    this.#found.delete(id);
  }

  close(): void {
    this.#closing.abort();
    for (const abort of this.#settling.values()) abort.abort();
  }

  /** Lets the cluster end those instances that the router was told of, and none other. */
  async #choose(pods: WorkloadPods | undefined, replicas: number): Promise<void> {
    if (pods === undefined) return;
    const leaving = new Set(surplusInstances(pods.observed(), replicas).map(({ id }) => id));
    if (replicas > 0) {
      await Promise.all(pods.present().map((pod) => this.#mark(pod, leaving.has(pod.metadata.name))));
    }
    pods.leave([...leaving]);
  }

  async #mark(pod: Pod, isLeaving: boolean): Promise<void> {
    const isMarked = pod.metadata.annotations?.[deletionCost] !== undefined;
    if (isMarked === isLeaving) return;
    const patch = { metadata: { annotations: { [deletionCost]: isLeaving ? "-1" : null } } };
    await this.#deps.cluster.patch(refOf(pod), patch, { manager: manager.scaler });
  }

  async #settle(id: string, pods: WorkloadPods | undefined): Promise<void> {
    const abort = new AbortController();
    this.#settling.set(id, abort);
    await this.#deps.clock.sleep(settleMs, abort.signal);
    if (this.#settling.get(id) === abort) this.#settling.delete(id);
    if (!abort.signal.aborted) pods?.stay();
  }

  /**
   * Somebody else has set the number since: that is put back by whoever asked for the right one, and is told here. By the `scale`
   * subresource it leaves no name, for nobody has applied the field (so do autoscalers, whose right it is).
   */
  #reportChange(id: string, deployment: Deployment): void {
    const desired = this.#desired(id, deployment);
    const found = replicasOf(deployment);
    const scope = nameOf(deployment);
    if (scope === null || !this.#isChanged(id, deployment)) return;
    const path = pathOf("spec", "replicas");
    const others = (deployment.metadata.managedFields ?? []).filter((entry) => !ourManagers.has(entry.manager ?? ""));
    this.#deps.applier.report(scope, deployment, [{ path, desired, found, owner: lastOwner(others, path) }]);
  }

  /** Whether somebody else has set the number since it was asked for, and no autoscaler of Berth's has. */
  #isChanged(id: string, deployment: Deployment): boolean {
    const desired = this.#desired(id, deployment);
    return desired !== undefined && desired !== replicasOf(deployment) && !this.#isAutoscaled(id, deployment);
  }

  /** What was asked for, or else what it was when it was seen first. */
  #desired(id: string, { metadata }: Deployment): number | undefined {
    const before = this.#found.get(id);
    return this.#wanted.get(id) ?? (before?.uid === metadata.uid ? before?.replicas : undefined);
  }

  /** Where a program insists on another number, such as an autoscaler that somebody has made, it is put back with growing pauses: each time instances start and end. */
  #noteCorrection(id: string, deployment: Deployment): void {
    const { log } = this.#deps;
    const heldUntil = this.#corrections.note(id);
    const scope = nameOf(deployment);
    if (heldUntil === null || scope === null) return;
    const until = new Date(heldUntil).toISOString();
    log.warn({ object: refText(refOf(deployment)), until }, "Scaled again and again: it is left as it is for a while");
    void this.#releaseAt(heldUntil, scope);
  }

  async #releaseAt(at: number, scope: Scope): Promise<void> {
    const { clock, onRelease } = this.#deps;
    await clock.sleep(at - clock.now(), this.#closing.signal);
    if (!this.#closing.signal.aborted) onRelease(scope);
  }

  #isAutoscaled(id: string, { metadata }: Deployment): boolean {
    const isScaler = (object: KubeObject) => nameOf(object)?.id === id;
    return this.#deps.copies.of({ kind: "HorizontalPodAutoscaler" }).list(metadata.namespace).some(isScaler);
  }
}

/** What the API server makes of none is one. */
export function replicasOf({ spec }: Deployment): number {
  return spec?.replicas ?? 1;
}
