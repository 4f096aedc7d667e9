import { mkdir } from "node:fs/promises";
import { refOf } from "@berth/cluster";
import type { Change, KubeObject, ObjectRef } from "@berth/cluster";
import { BerthError, serviceDefaults, surplusInstances } from "@berth/core";
import type {
  Autoscale,
  IdentifiedWorkload,
  LogLine,
  LogOptions,
  Observation,
  ObservedWorkload,
  Runtime,
  RuntimeDescriptor,
  Scope,
} from "@berth/core";
import { findLogFolders, removeLogs } from "../../logs/log-folders.ts";
import { logFolder } from "../../logs/log-folder.ts";
import { readLogs } from "../../logs/read-logs.ts";
import { makeWorkloadObjects } from "../managed.ts";
import type { WorkloadModel } from "../model.ts";
import { namespaceName, workloadName } from "../names.ts";
import type { Pod } from "../pods/pod.ts";
import { applyAll, isApplied } from "./apply-all.ts";
import { Autoscalers } from "./autoscaler.ts";
import { Copies } from "./copies.ts";
import { manager } from "./deps.ts";
import type { KubernetesRuntimeDeps } from "./deps.ts";
import { Environments } from "./environments.ts";
import { PodReach } from "./pod-reach.ts";
import { WorkloadPods } from "./pods.ts";
import { type Deployment, nameOf, viewOf, type WorkloadView } from "./view.ts";

/** Of pods that are about to end, so that the cluster ends the same ones: those with the lowest go first. */
const deletionCost = "controller.kubernetes.io/pod-deletion-cost";

/** Starts the runtime that has workloads run by a Kubernetes cluster. Resolves when it knows what is there. */
export async function startKubernetesRuntime(deps: KubernetesRuntimeDeps): Promise<Runtime> {
  const driver = new KubernetesDriver(deps);
  await driver.open();
  return driver;
}

class KubernetesDriver implements Runtime {
  readonly descriptor: RuntimeDescriptor;
  readonly #deps: KubernetesRuntimeDeps;
  readonly #copies: Copies;
  readonly #environments: Environments;
  readonly #autoscalers: Autoscalers;
  /** What was ensured, as it is to be on the cluster. */
  readonly #models = new Map<string, WorkloadModel>();
  /** By workload: its pods. */
  readonly #pods = new Map<string, WorkloadPods>();
  readonly #reach: PodReach;
  readonly #watchers = new Set<(scope: Scope) => void>();

  constructor(deps: KubernetesRuntimeDeps) {
    const { cluster, place, clock, log, namespaceLingerMs: lingerMs = 10_000 } = deps;
    this.#deps = deps;
    this.descriptor = {
      name: "kubernetes",
      sharesNetwork: false,
      platform: deps.platform,
      needsBase: true,
      neighbours: "dns",
      separatesStreams: false,
      scalesByLoad: true,
    };
    this.#reach = new PodReach({ clock, log, onChange: () => this.#lookAgain() });
    this.#copies = new Copies(cluster, place.installation, clock);
    const copies = this.#copies;
    this.#autoscalers = new Autoscalers({
      cluster,
      place,
      copies,
      applier: {
        apply: (_, objects) => applyAll(objects, { cluster, copies }),
        isApplied: (object) => isApplied(object, copies),
        forget() {},
      },
    });
    const { neighbourPorts } = deps;
    this.#environments = new Environments({
      cluster,
      place,
      copies: this.#copies,
      neighbourPorts,
      clock,
      log,
      lingerMs,
    });
  }

  async open(): Promise<void> {
    this.#copies.follow((change) => this.#onChange(change));
    await this.#copies.ready();
    for (const deployment of this.#copies.deployments.list()) this.#look(deployment);
    for (const pod of this.#copies.pods.list()) this.#takePod(pod);
  }

  observe(scope?: Scope): Promise<Observation> {
    const workloads = new Map<string, ObservedWorkload>();
    const namespace = scope && namespaceName(this.#deps.place.namespacePrefix, scope);
    // A workload that was ensured and never started has its variables alone.
    for (const kind of ["Secret", "Deployment"]) {
      for (const object of this.#copies.of({ kind }).list(namespace)) {
        const observed = this.#observeObject(object);
        if (observed !== null) workloads.set(observed.id, observed);
      }
    }
    return Promise.resolve({ at: this.#deps.clock.now(), workloads });
  }

  watch(dirty: (scope: Scope) => void): () => void {
    const watcher = (scope: Scope) => dirty(scope);
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  async ensure(workload: IdentifiedWorkload): Promise<void> {
    const { cluster, home, place } = this.#deps;
    const facts = await this.#deps.describe(workload);
    const model: WorkloadModel = { ...facts, workload, release: null };
    await Promise.all([
      this.#environments.ensure(workload),
      mkdir(logFolder(home, workload), { recursive: true, mode: 0o700 }),
    ]);
    this.#models.set(workload.id, model);
    const objects = makeWorkloadObjects(model, place).filter(
      (object) => object.kind !== "Deployment" || this.#copies.get(object) !== undefined,
    );
    await applyAll(objects, { cluster, copies: this.#copies });
  }

  async scale(id: string, replicas: number): Promise<void> {
    const { cluster } = this.#deps;
    const deployment = await this.#deploymentOf(id, replicas);
    if (deployment === null) return;
    if ((deployment.spec?.replicas ?? 1) === replicas) return;
    await this.#choose(id, replicas);
    const isThere = await cluster.scale(refOf(deployment), replicas, { manager: manager.scaler });
    if (!isThere) throw this.#unknown(id);
    await this.#copies.until(
      deployment,
      (copy) => copy === undefined || (copy as Deployment).spec?.replicas === replicas,
    );
  }

  async autoscale(id: string, to: Autoscale | null): Promise<void> {
    const model = this.#models.get(id);
    if (to !== null) {
      if (model === undefined) throw this.#unknown(id);
      return await this.#autoscalers.apply(model, to);
    }
    const [object] = this.#objectsOf(id);
    if (object !== undefined) await this.#autoscalers.remove(id, object);
  }

  async remove(id: string): Promise<void> {
    const { cluster, clock, home } = this.#deps;
    this.#autoscalers.forget(id);
    this.#models.delete(id);
    this.#pods.get(id)?.leave(this.#instanceNames(id));
    const objects = this.#objectsOf(id);
    for (const object of objects) await cluster.remove(refOf(object), { uid: object.metadata.uid ?? "" });
    for (const object of objects)
      await this.#copies.until(object, (copy) => copy?.metadata.uid !== object.metadata.uid);
    while (this.#pods.get(id)?.isEmpty === false) await clock.sleep(20);
    const pods = this.#pods.get(id);
    this.#pods.delete(id);
    await pods?.close();
    await removeLogs(home, id);
    const scope = pods?.view ?? objects.map(nameOf).find((name) => name !== null);
    if (scope) {
      this.#environments.releaseSoon(scope);
      this.#notify(scope);
    }
  }

  endpoints(id: string): ReturnType<Runtime["endpoints"]> {
    const instances = this.#pods.get(id)?.observed() ?? [];
    return instances.flatMap(({ id: instance, endpoint }) => (endpoint === null ? [] : [{ instance, endpoint }]));
  }

  async *logs(id: string, options: LogOptions): AsyncGenerator<LogLine> {
    const { home } = this.#deps;
    const known = this.#models.get(id)?.workload ?? this.#pods.get(id)?.view;
    const folder = known ? logFolder(home, known) : (await findLogFolders(home, id))[0];
    if (folder === undefined) throw this.#unknown(id);
    yield* readLogs(folder, options);
  }

  async close(): Promise<void> {
    this.#reach.close();
    this.#copies.close();
    this.#environments.close();
    await Promise.all([...this.#pods.values()].map((pods) => pods.close()));
  }

  async shutdown(): Promise<void> {
    const { clock } = this.#deps;
    for (const deployment of this.#copies.deployments.list()) {
      const id = nameOf(deployment)?.id;
      if (id === undefined) continue;
      await this.#autoscalers.remove(id, deployment);
      await this.scale(id, 0);
    }
    while (this.#copies.pods.list().length > 0) await clock.sleep(50);
    await this.close();
  }

  #observeObject(object: KubeObject): ObservedWorkload | null {
    const named = nameOf(object);
    if (named === null) return null;
    const view = object.kind === "Deployment" ? viewOf(object as Deployment) : null;
    const { id, app, environment, service } = named;
    const instances = this.#pods.get(id)?.observed() ?? [];
    const refusal = view?.refusal ?? null;
    return {
      id,
      app,
      environment,
      service,
      replicas: view?.replicas ?? 0,
      instances,
      refusal,
      isWhole: this.#isWhole(id),
      autoscale: this.#autoscalers.observe(id, object),
    };
  }

  /** Whether all that `ensure` has made is as it made it; what this server has not ensured yet, nobody knows. */
  #isWhole(id: string): boolean {
    const model = this.#models.get(id);
    if (model === undefined) return false;
    return makeWorkloadObjects(model, this.#deps.place).every(
      (object) => isApplied(object, this.#copies) || (object.kind === "Deployment" && !this.#copies.get(object)),
    );
  }

  /** The workload's Deployment, made where instances are wanted and there is none; null where none are wanted either. */
  async #deploymentOf(id: string, replicas: number): Promise<Deployment | null> {
    const { cluster, place } = this.#deps;
    const found = this.#copies.deployments.list().find((deployment) => nameOf(deployment)?.id === id);
    if (found !== undefined) return found;
    const model = this.#models.get(id);
    if (model === undefined) throw this.#unknown(id);
    if (replicas === 0) return null;
    await applyAll(makeWorkloadObjects(model, place), { cluster, copies: this.#copies });
    const name = workloadName(model.workload);
    return this.#copies.deployments.get(namespaceName(place.namespacePrefix, model.workload), name) ?? null;
  }

  /** Lets the cluster end those instances that the router was told of, and none other. */
  async #choose(id: string, replicas: number): Promise<void> {
    const pods = this.#pods.get(id);
    if (pods === undefined) return;
    const leaving = surplusInstances(pods.observed(), replicas).map((instance) => instance.id);
    const namespace = namespaceName(this.#deps.place.namespacePrefix, pods.view);
    if (replicas > 0) {
      const patch = { metadata: { annotations: { [deletionCost]: "-1" } } };
      const options = { manager: manager.scaler };
      await Promise.all(leaving.map((name) => this.#deps.cluster.patch(podRef(namespace, name), patch, options)));
    }
    pods.leave(leaving);
  }

  #instanceNames(id: string): string[] {
    return (this.#pods.get(id)?.instances() ?? []).map((instance) => instance.id);
  }

  /** All that a workload has made for it; its Deployment first, so that nothing is started without the rest. */
  #objectsOf(id: string): KubeObject[] {
    const kinds = ["Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Secret"];
    return kinds.flatMap((kind) =>
      this.#copies
        .of({ kind })
        .list()
        .filter((object) => nameOf(object)?.id === id),
    );
  }

  #onChange({ kind, object }: Change<KubeObject>): void {
    if (object.kind === "Pod") return kind === "removed" ? this.#dropPod(object as Pod) : this.#takePod(object as Pod);
    if (object.kind === "Deployment" && kind !== "removed") this.#look(object as Deployment);
    const scope = nameOf(object);
    if (scope !== null) this.#notify(scope);
  }

  #look(deployment: Deployment): void {
    const view = viewOf(deployment);
    if (view === null) return;
    const pods = this.#pods.get(view.id);
    if (pods !== undefined) return void (pods.view = view);
    this.#pods.set(view.id, this.#openPods(view));
    for (const pod of this.#copies.pods.list(deployment.metadata.namespace)) this.#takePod(pod);
  }

  #openPods(view: WorkloadView): WorkloadPods {
    const { home, cluster, clock, log, workerReadyAfterMs = serviceDefaults.workerReadyAfterMs } = this.#deps;
    const deps = { home, cluster, pods: this.#copies.pods, clock, log, workerReadyAfterMs, reach: this.#reach };
    return new WorkloadPods(view, deps, () => this.#notify(view));
  }

  #lookAgain(): void {
    for (const pods of this.#pods.values()) pods.lookAgain();
  }

  #takePod(pod: Pod): void {
    const id = nameOf(pod)?.id;
    if (id !== undefined) this.#pods.get(id)?.take(pod);
  }

  #dropPod(pod: Pod): void {
    const id = nameOf(pod)?.id;
    if (id !== undefined) this.#pods.get(id)?.drop(pod);
  }

  #notify({ app, environment }: Scope): void {
    for (const watcher of this.#watchers) watcher({ app, environment });
  }

  #unknown(id: string): BerthError {
    return new BerthError("workload.not-found", `The workload ${id} is not known to the kubernetes runtime.`, {
      path: id,
      hint: "Ensure it first; a deploy does so by itself.",
    });
  }
}

function podRef(namespace: string, name: string): ObjectRef {
  return { apiVersion: "v1", kind: "Pod", namespace, name };
}
