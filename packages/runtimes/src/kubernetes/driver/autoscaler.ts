import { refOf } from "@berth/cluster";
import type { Cluster, KubeObject } from "@berth/cluster";
import type { Autoscale } from "@berth/core";
import type { ClusterPlace, WorkloadModel } from "../model.ts";
import { makeAutoscaler } from "../objects/autoscaler.ts";
import { applyAll, isApplied } from "./apply-all.ts";
import type { Copies } from "./copies.ts";

const kind = "HorizontalPodAutoscaler";

export interface AutoscalersDeps {
  cluster: Cluster;
  place: ClusterPlace;
  copies: Copies;
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
    const { copies } = this.#deps;
    if (copies.of({ kind }).get(metadata.namespace ?? null, metadata.name) === undefined) return null;
    const asked = this.#asked.get(id);
    return asked !== undefined && isApplied(asked.object, copies) ? asked.to : "unknown";
  }

  async apply(model: WorkloadModel, to: Autoscale): Promise<void> {
    const object = makeAutoscaler(model, to, this.#deps.place);
    this.#asked.set(model.workload.id, { to, object });
    await applyAll([object], this.#deps);
  }

  /** Resolves when it is gone. What it has told the cluster before may still come, and is put right by the next look. */
  async remove(id: string, { metadata }: KubeObject): Promise<void> {
    const { cluster, copies } = this.#deps;
    this.#asked.delete(id);
    const found = copies.of({ kind }).get(metadata.namespace ?? null, metadata.name);
    if (found === undefined) return;
    await cluster.remove(refOf(found), { uid: found.metadata.uid ?? "" });
    await copies.until(found, (copy) => copy?.metadata.uid !== found.metadata.uid);
  }

  forget(id: string): void {
    this.#asked.delete(id);
  }
}
