import type { KubeObject } from "@berth/cluster";
import type { IdentifiedTask } from "@berth/core";
import { makeTaskObjects, makeWorkloadObjects } from "../managed.ts";
import type { ClusterPlace, WorkloadModel } from "../model.ts";
import type { Applier } from "./applier.ts";
import type { Copies } from "./copies.ts";
import { type Deployment, nameOf } from "./view.ts";

interface Ensured {
  model: WorkloadModel;
  objects: readonly KubeObject[];
}

/** In this order they are removed: the Deployment first, so that nothing is started without the rest. */
const kinds = ["Deployment", "Job", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Secret"];

/** What was ensured, as objects on the cluster. */
export class WorkloadObjects {
  readonly #deps: { place: ClusterPlace; copies: Copies; applier: Applier };
  readonly #ensured = new Map<string, Ensured>();

  constructor(deps: { place: ClusterPlace; copies: Copies; applier: Applier }) {
    this.#deps = deps;
  }

  /** Makes what a workload has. Its Deployment is put back where it is not as it should be, and is not made: that is for `makeDeployment`. */
  async ensure(model: WorkloadModel): Promise<void> {
    const { applier } = this.#deps;
    const { objects } = this.#know(model);
    await applier.apply(
      model.workload,
      objects.filter((object) => !this.#isUnmadeDeployment(object)),
    );
  }

  /** Makes all of a workload that is known, with its Deployment; null where it is not known. */
  async makeDeployment(id: string): Promise<Deployment | null> {
    const ensured = this.#ensured.get(id);
    if (ensured === undefined) return null;
    await this.#deps.applier.apply(ensured.model.workload, ensured.objects);
    return this.deploymentOf(id);
  }

  /** Makes a task, unless it was made before: what it once was is not made again. */
  async run(model: WorkloadModel & { workload: IdentifiedTask }): Promise<void> {
    const { place, copies, applier } = this.#deps;
    const { workload } = model;
    if (copies.jobs.list().some((job) => nameOf(job)?.id === workload.id)) return;
    await applier.apply(workload, makeTaskObjects(model, place));
  }

  deploymentOf(id: string): Deployment | null {
    return this.#deps.copies.deployments.list().find((deployment) => nameOf(deployment)?.id === id) ?? null;
  }

  knows(id: string): boolean {
    return this.#ensured.has(id);
  }

  modelOf(id: string): WorkloadModel | null {
    return this.#ensured.get(id)?.model ?? null;
  }

  /** Whether all that was made is as it was made; what this server has not ensured yet, nobody knows. */
  isWhole(id: string): boolean {
    const objects = this.#ensured.get(id)?.objects;
    const isWhole = (object: KubeObject) => this.#deps.applier.isApplied(object) || this.#isUnmadeDeployment(object);
    return objects?.every(isWhole) ?? false;
  }

  /** All that is there of a workload, which is about to be removed. */
  forget(id: string): KubeObject[] {
    const { copies, applier } = this.#deps;
    const there = kinds.flatMap((kind) =>
      copies
        .of({ kind })
        .list()
        .filter((object) => nameOf(object)?.id === id),
    );
    applier.forget([...there, ...(this.#ensured.get(id)?.objects ?? [])]);
    this.#ensured.delete(id);
    return there;
  }

  #isUnmadeDeployment(object: KubeObject): boolean {
    return object.kind === "Deployment" && this.#deps.copies.get(object) === undefined;
  }

  /** Keeps a model with its objects; the same as before where it says the same, so that what was found of them holds. */
  #know(model: WorkloadModel): Ensured {
    const { id } = model.workload;
    const before = this.#ensured.get(id);
    if (before !== undefined && JSON.stringify(before.model) === JSON.stringify(model)) return before;
    const known = { model, objects: makeWorkloadObjects(model, this.#deps.place) };
    // What is to be another way from now on was changed by nobody.
    if (before !== undefined) this.#deps.applier.forget(before.objects);
    this.#ensured.set(id, known);
    return known;
  }
}
