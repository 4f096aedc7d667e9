import { refOf } from "@berth/cluster";
import type { Cluster, KubeObject } from "@berth/cluster";
import type { Autoscale, Scope } from "@berth/core";
import type { ClusterPlace, WorkloadModel } from "../model.ts";
import { makeAutoscaler } from "../objects/autoscaler.ts";
import type { Copies } from "./copies.ts";
import type { EventRecorder } from "./event-recorder.ts";

const kind = "HorizontalPodAutoscaler";

export interface AutoscalersDeps {
  cluster: Cluster;
  place: ClusterPlace;
  copies: Copies;
  applier: ObjectApplier;
  events: Pick<EventRecorder, "tell">;
}

/** How objects are made what they should be. */
export interface ObjectApplier {
  apply(scope: Scope, objects: readonly KubeObject[]): Promise<void>;
  isApplied(object: KubeObject): boolean;
  /** These are about to be removed: that they are gone is nobody's doing. */
  forget(objects: readonly KubeObject[]): void;
}

/** The autoscalers of workloads: one is there only while Berth wants it, for its cluster sets the number of instances then. */
export class Autoscalers {
  readonly #deps: AutoscalersDeps;
  /** By workload, as it is to be on the cluster. */
  readonly #asked = new Map<string, { to: Autoscale; object: KubeObject }>();

  constructor(deps: AutoscalersDeps) {
    this.#deps = deps;
  }

  /** What scales a workload, found by any of its objects: they share a name. */
  observe(id: string, { metadata }: KubeObject): Autoscale | "unknown" | null {
    const { copies, applier } = this.#deps;
    if (copies.of({ kind }).get(metadata.namespace ?? null, metadata.name) === undefined) return null;
    const asked = this.#asked.get(id);
    return asked !== undefined && applier.isApplied(asked.object) ? asked.to : "unknown";
  }

  async apply(model: WorkloadModel, to: Autoscale): Promise<void> {
    const object = makeAutoscaler(model, to, this.#deps.place);
    this.#asked.set(model.workload.id, { to, object });
    const { applier, copies } = this.#deps;
    const isNew = copies.get(object) === undefined;
    await applier.apply(model.workload, [object]);
    const { minReplicas, maxReplicas } = object.spec ?? {};
    if (isNew) this.#tell(object, "AutoscalerMade", `It keeps ${minReplicas} to ${maxReplicas} instances, by load`);
  }

  /** Resolves when it is gone. What it has told the cluster before may still come, and is put right by the next look. */
  async remove(id: string, { metadata }: KubeObject): Promise<void> {
    const { cluster, copies, applier } = this.#deps;
    this.#asked.delete(id);
    const found = copies.of({ kind }).get(metadata.namespace ?? null, metadata.name);
    if (found === undefined) return;
    applier.forget([found]);
    await cluster.remove(refOf(found), { uid: found.metadata.uid ?? "" });
    await copies.until(found, (copy) => copy?.metadata.uid !== found.metadata.uid);
    this.#tell(found, "AutoscalerRemoved", "Berth alone sets how many instances there are");
  }

  /** On the Deployment that it is for, which has its name. */
  #tell({ metadata }: KubeObject, reason: string, note: string): void {
    const { copies, events } = this.#deps;
    const deployment = copies.deployments.get(metadata.namespace ?? null, metadata.name);
    if (deployment !== undefined) events.tell(deployment, { reason, action: reason, isWarning: false, note });
  }

  forget(id: string): void {
    this.#asked.delete(id);
  }
}
