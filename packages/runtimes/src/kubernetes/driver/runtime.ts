import { mkdir } from "node:fs/promises";
import { refOf } from "@berth/cluster";
import type { Change, KubeObject } from "@berth/cluster";
import { BerthError, makeSerial, serviceDefaults } from "@berth/core";
import type {
  Autoscale,
  Drift,
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
import type { WorkloadModel } from "../model.ts";
import { namespaceName } from "../names.ts";
import type { Pod } from "../pods/pod.ts";
import { Applier } from "./applier.ts";
import { Autoscalers } from "./autoscaler.ts";
import { Copies } from "./copies.ts";
import type { KubernetesRuntimeDeps } from "./deps.ts";
import { Environments } from "./environments.ts";
import { PodReach } from "./pod-reach.ts";
import { WorkloadPods } from "./pods.ts";
import { Scaler } from "./scaler.ts";
import { Usage } from "./usage.ts";
import { type Deployment, nameOf, viewOf, type WorkloadView } from "./view.ts";
import { WorkloadObjects } from "./workload-objects.ts";

/** What runs already is asked whether it is ready before anybody else asks for it; what is not by then starts as any other. */
const firstProbesMs = 1_000;
const measureEveryMs = 15_000;

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
  readonly #applier: Applier;
  readonly #environments: Environments;
  readonly #scaler: Scaler;
  readonly #autoscalers: Autoscalers;
  readonly #usage: Usage;
  readonly #objects: WorkloadObjects;
  /** By workload: it is made, scaled or removed, one at a time. */
  readonly #inTurn = makeSerial();
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
      endsWithServer: false,
    };
    this.#reach = new PodReach({ clock, log, onChange: () => this.#lookAtPods() });
    const copies = new Copies(cluster, place.installation, clock);
    const { installation } = place;
    const applier = new Applier({
      cluster,
      copies,
      installation,
      clock,
      log,
      onRelease: (scope) => this.#lookAgain(scope),
    });
    const { neighbourPorts } = deps;
    this.#copies = copies;
    this.#applier = applier;
    this.#objects = new WorkloadObjects({ place, copies, applier });
    this.#environments = new Environments({ cluster, place, copies, applier, neighbourPorts, clock, log, lingerMs });
    this.#scaler = new Scaler({ cluster, copies, applier, clock, log });
    this.#autoscalers = new Autoscalers({ cluster, place, copies, applier });
    const hasPods = () => copies.pods.list().length > 0;
    this.#usage = new Usage({ cluster, installation, clock, hasPods, everyMs: deps.measureEveryMs ?? measureEveryMs });
  }

  async open(): Promise<void> {
    const { clock } = this.#deps;
    this.#copies.follow((change) => this.#onChange(change));
    await this.#copies.ready();
    for (const deployment of this.#copies.deployments.list()) this.#look(deployment);
    for (const pod of this.#copies.pods.list()) this.#takePod(pod);
    this.#environments.releaseUnused();
    const deadline = clock.now() + firstProbesMs;
    while (clock.now() < deadline && [...this.#pods.values()].some((pods) => pods.isWaiting)) await clock.sleep(5);
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
    const facts = await this.#deps.describe(workload);
    const model: WorkloadModel = { ...facts, workload, release: null };
    return this.#inTurn(workload.id, async () => {
      await Promise.all([
        this.#environments.ensure(workload),
        mkdir(logFolder(this.#deps.home, workload), { recursive: true, mode: 0o700 }),
      ]);
      await this.#objects.ensure(model);
    });
  }

  scale(id: string, replicas: number): Promise<void> {
    return this.#inTurn(id, async () => {
      const found = this.#objects.deploymentOf(id);
      if (found === null && !this.#objects.knows(id)) throw this.#unknown(id);
      // The first instance is what a Deployment is made for.
      const deployment = found ?? (replicas === 0 ? null : await this.#objects.makeDeployment(id));
      if (deployment === null) return;
      const isThere = await this.#scaler.scale(deployment, this.#pods.get(id), replicas);
      if (!isThere) throw this.#unknown(id);
    });
  }

  autoscale(id: string, to: Autoscale | null): Promise<void> {
    return this.#inTurn(id, async () => {
      // How many there are is not this server's number while another sets it.
      this.#scaler.forget(id);
      const model = this.#objects.modelOf(id);
      if (to !== null) {
        if (model === null) throw this.#unknown(id);
        return this.#autoscalers.apply(model, to);
      }
      const deployment = this.#objects.deploymentOf(id);
      if (deployment !== null) await this.#autoscalers.remove(id, deployment);
    });
  }

  remove(id: string): Promise<void> {
    return this.#inTurn(id, async () => {
      this.#autoscalers.forget(id);
      const { cluster, home } = this.#deps;
      const pods = this.#pods.get(id);
      const objects = this.#objects.forget(id);
      this.#scaler.forget(id);
      pods?.leave(pods.present().map(({ metadata }) => metadata.name));
      for (const object of objects) await cluster.remove(refOf(object), { uid: object.metadata.uid ?? "" });
      for (const object of objects)
        await this.#copies.until(object, (copy) => copy?.metadata.uid !== object.metadata.uid);
      if (pods !== undefined) await this.#untilEnded([pods]);
      this.#pods.delete(id);
      await pods?.close();
      await removeLogs(home, id);
      const scope = pods?.view ?? objects.map(nameOf).find((name) => name !== null);
      if (scope) {
        this.#environments.releaseSoon(scope);
        this.#notify(scope);
      }
    });
  }

  endpoints(id: string): ReturnType<Runtime["endpoints"]> {
    const instances = this.#pods.get(id)?.observed() ?? [];
    return instances.flatMap(({ id: instance, endpoint }) => (endpoint === null ? [] : [{ instance, endpoint }]));
  }

  async *logs(id: string, options: LogOptions): AsyncGenerator<LogLine> {
    const { home } = this.#deps;
    const known = this.#objects.modelOf(id)?.workload ?? this.#pods.get(id)?.view;
    const folder = known ? logFolder(home, known) : (await findLogFolders(home, id))[0];
    if (folder === undefined) throw this.#unknown(id);
    yield* readLogs(folder, options);
  }

  drift(scope: Scope): readonly Drift[] {
    return this.#applier.drift(scope);
  }

  async close(): Promise<void> {
    for (const part of [this.#reach, this.#copies, this.#environments, this.#applier, this.#scaler, this.#usage])
      part.close();
    await Promise.all([...this.#pods.values()].map((pods) => pods.close()));
  }

  async shutdown(): Promise<void> {
    const ids = this.#copies.deployments.list().flatMap((deployment) => nameOf(deployment)?.id ?? []);
    const end = async (id: string) => {
      await this.autoscale(id, null);
      await this.scale(id, 0);
    };
    await Promise.all(ids.map(end));
    await this.#untilEnded([...this.#pods.values()]);
    await this.close();
  }

  /** Waits until the pods of workloads have ended, and what they wrote is in the logs; on a node that is lost they do not. */
  async #untilEnded(all: readonly WorkloadPods[]): Promise<void> {
    const { clock, log, endSlackMs = 30_000 } = this.#deps;
    const deadline = clock.now() + endSlackMs + Math.max(0, ...all.map(({ view }) => view.stopGraceMs));
    while (all.some((pods) => !pods.isEmpty)) {
      if (clock.now() > deadline) {
        const left = all.flatMap((pods) => pods.observed().map(({ id }) => id));
        return log.warn(
          { pods: left },
          "Pods have not ended in time; the cluster removes them when their node is back, or gone",
        );
      }
      await clock.sleep(20);
    }
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
      isWhole: this.#objects.isWhole(id),
      autoscale: this.#autoscalers.observe(id, object),
    };
  }

  #onChange({ kind, object }: Change<KubeObject>): void {
    if (object.kind === "Pod") return kind === "removed" ? this.#dropPod(object as Pod) : this.#takePod(object as Pod);
    if (object.kind === "Deployment" && kind !== "removed") this.#look(object as Deployment);
    this.#environments.look(object);
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
    const { home, cluster, clock, workerReadyAfterMs = serviceDefaults.workerReadyAfterMs } = this.#deps;
    const memoryBytesOf = (pod: Pod) => this.#usage.bytesOf(pod);
    const deps = { home, cluster, clock, workerReadyAfterMs, memoryBytesOf, reach: this.#reach };
    return new WorkloadPods(view, deps, () => this.#notify(view));
  }

  #lookAtPods(): void {
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

  #lookAgain(scope: Scope): void {
    this.#environments.lookAgain(scope);
    this.#notify(scope);
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
