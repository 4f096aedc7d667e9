import { refOf } from "@berth/cluster";
import type { Change, KubeObject, Pod } from "@berth/cluster";
import { mkdir } from "node:fs/promises";
import { BerthError, makeSerial, serviceDefaults } from "@berth/core";
import type {
  Autoscale,
  Drift,
  EnvironmentQuota,
  ExecOptions,
  ExecSession,
  IdentifiedTask,
  IdentifiedWorkload,
  LogLine,
  LogOptions,
  NamedObject,
  Observation,
  Runtime,
  RuntimeDescriptor,
  RuntimeNote,
  Scale,
  Scope,
} from "@berth/core";
import { type ContainerProgram, startContainerSession } from "../../exec/container-session.ts";
import { runningInstance } from "../../instances/find-instance.ts";
import { findLogFolders, removeLogs } from "../../logs/log-folders.ts";
import { logFolder } from "../../logs/log-folder.ts";
import { readLogs } from "../../logs/read-logs.ts";
import { label } from "../labels.ts";
import type { WorkloadModel } from "../model.ts";
import { workloadObjectNames } from "../managed.ts";
import { containerName, namespaceName } from "../names.ts";
import { Applier } from "./applier.ts";
import { Autoscalers } from "./autoscaler.ts";
import { Copies } from "./copies.ts";
import type { KubernetesRuntimeDeps } from "./deps.ts";
import { Environments } from "./environments.ts";
import { EventRecorder } from "./event-recorder.ts";
import { JobRefusals } from "./job-refusals.ts";
import { isLeaving } from "./leaving.ts";
import { observeTasks, observeWorkloads } from "./observe.ts";
import { PodsByWorkload } from "./pods-by-workload.ts";
import { openRouterPods, type RouterPods } from "./router-pods.ts";
import { replicasOf, Scaler } from "./scaler.ts";
import { Usage } from "./usage.ts";
import { type Deployment, nameOf } from "./view.ts";
import { WorkloadObjects } from "./workload-objects.ts";

/** What runs already is asked whether it is ready before anybody else asks for it; what is not by then starts as any other. */
const firstProbesMs = 1_000;
const measureEveryMs = 15_000;

const abilities: Omit<RuntimeDescriptor, "platform"> = {
  name: "kubernetes",
  sharesNetwork: false,
  needsBase: true,
  neighbours: "dns",
  separatesStreams: false,
  scalesByLoad: true,
  exec: { lacksTerminal: null, endsWithServer: false },
  endsWithServer: false,
};

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
  readonly #routerPods: RouterPods;
  readonly #applier: Applier;
  readonly #environments: Environments;
  readonly #scaler: Scaler;
  readonly #autoscalers: Autoscalers;
  readonly #usage: Usage;
  readonly #events: EventRecorder;
  /** By workload, as it was last said. */
  readonly #releases = new Map<string, number>();
  readonly #objects: WorkloadObjects;
  /** By workload: it is made, scaled or removed, one at a time. */
  readonly #inTurn = makeSerial();
  readonly #pods: PodsByWorkload;
  readonly #refusals: JobRefusals;
  readonly #watchers = new Set<(scope: Scope) => void>();

  constructor(deps: KubernetesRuntimeDeps) {
    const { home, cluster, place, clock, log, neighbourPorts, namespaceLingerMs: lingerMs = 10_000 } = deps;
    const { workerReadyAfterMs = serviceDefaults.workerReadyAfterMs, endSlackMs = 30_000 } = deps;
    const { installation } = place;
    this.#deps = deps;
    this.descriptor = { ...abilities, platform: deps.platform };
    const copies = new Copies({ cluster, place, clock, log });
    const events = new EventRecorder({ cluster, installation, clock, random: deps.random, log });
    const onRelease = (scope: Scope) => this.#lookAgain(scope);
    const applier = new Applier({ cluster, copies, installation, clock, log, events, onRelease });
    const common = { cluster, copies, applier, clock, log };
    this.#copies = copies;
    this.#events = events;
    this.#applier = applier;
    this.#objects = new WorkloadObjects({ place, copies, applier });
    this.#routerPods = openRouterPods({ cluster, place, clock, log, onChange: () => this.#environments.reroute() });
    const placeNow = () => this.#routerPods.place();
    this.#environments = new Environments({ ...common, place: placeNow, neighbourPorts, lingerMs });
    this.#scaler = new Scaler({ ...common, events, onRelease: (scope) => this.#notify(scope) });
    this.#autoscalers = new Autoscalers({ cluster, place, copies, applier, events });
    this.#refusals = new JobRefusals({ cluster, clock, onChange: (job) => this.#notify(nameOf(job)!) });
    const hasPods = () => copies.pods.list().length > 0;
    this.#usage = new Usage({ cluster, installation, clock, hasPods, everyMs: deps.measureEveryMs ?? measureEveryMs });
    const usageOf = (pod: Pod) => this.#usage.of(pod);
    const onChange = (scope: Scope) => this.#notify(scope);
    const podsDeps = { home, cluster, copies, clock, log, workerReadyAfterMs, endSlackMs, usageOf, onChange };
    this.#pods = new PodsByWorkload(podsDeps);
  }

  async open(): Promise<void> {
    const { clock } = this.#deps;
    this.#copies.follow((change) => this.#onChange(change));
    await Promise.all([this.#copies.ready(), this.#routerPods.ready()]);
    for (const owner of [...this.#copies.deployments.list(), ...this.#copies.jobs.list()]) this.#pods.takeOwner(owner);
    for (const pod of this.#copies.pods.list()) this.#pods.take(pod);
    this.#environments.releaseUnused();
    const deadline = clock.now() + firstProbesMs;
    while (clock.now() < deadline && this.#pods.isWaiting) await clock.sleep(5);
  }

  objectsOf(workload: IdentifiedWorkload, scale: Scale): NamedObject[] {
    return workloadObjectNames(workload, scale);
  }

  quota(): EnvironmentQuota {
    return this.#deps.place.quota;
  }

  observe(scope?: Scope): Promise<Observation> {
    const namespace = scope && namespaceName(this.#deps.place.namespacePrefix, scope);
    const parts = {
      copies: this.#copies,
      pods: this.#pods,
      objects: this.#objects,
      autoscalers: this.#autoscalers,
      refusals: this.#refusals,
    };
    for (const one of this.#copies.of({ kind: "Deployment" }).list(namespace)) this.#scaler.saw(one as Deployment);
    const workloads = observeWorkloads(parts, namespace);
    const tasks = observeTasks(parts, namespace);
    return Promise.resolve({ at: this.#deps.clock.now(), workloads, tasks, ...this.#copies.freshness() });
  }

  watch(dirty: (scope: Scope) => void): () => void {
    const watcher = (scope: Scope) => dirty(scope);
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  async ensure(workload: IdentifiedWorkload): Promise<void> {
    const facts = await this.#deps.describe(workload);
    const model: WorkloadModel = { ...facts, workload, release: this.#releaseOf(workload.id) };
    return this.#inTurn(workload.id, async () => {
      await Promise.all([
        this.#environments.ensure(workload),
        mkdir(logFolder(this.#deps.home, workload), { recursive: true, mode: 0o700 }),
      ]);
      await this.#objects.ensure(model);
    });
  }

  async run(task: IdentifiedTask): Promise<void> {
    const facts = await this.#deps.describe(task);
    return this.#inTurn(task.id, async () => {
      await Promise.all([
        this.#environments.ensure(task),
        mkdir(logFolder(this.#deps.home, task), { recursive: true, mode: 0o700 }),
      ]);
      await this.#objects.run({ ...facts, workload: task, release: null });
    });
  }

  async showRelease(id: string, version: number): Promise<void> {
    this.#releases.set(id, version);
    await this.#inTurn(id, async () => {
      const model = this.#objects.modelOf(id);
      const isMade = this.#objects.deploymentOf(id) !== null;
      if (model !== null && isMade && model.release !== version)
        await this.#objects.ensure({ ...model, release: version });
    });
  }

  note(scope: Scope, { workload, reason, isWarning, text }: RuntimeNote): void {
    const deployment = workload === null ? null : this.#objects.deploymentOf(workload);
    const namespace = namespaceName(this.#deps.place.namespacePrefix, scope);
    const object = deployment ?? this.#copies.of({ kind: "Namespace" }).get(null, namespace);
    if (object !== undefined) this.#events.tell(object, { reason, action: reason, isWarning, note: text });
  }

  scale(id: string, replicas: number): Promise<void> {
    return this.#inTurn(id, async () => {
      const found = this.#objects.deploymentOf(id);
      if (found === null && !this.#objects.knows(id)) throw this.#unknown(id);
      // The first instance is what a Deployment is made for.
      const deployment = found ?? (replicas === 0 ? null : await this.#objects.makeDeployment(id));
      if (deployment === null) return;
      // What was asked of the one before says nothing of a new one, which begins with one instance.
      if (found === null) this.#scaler.forget(id);
      if (replicas > replicasOf(deployment)) this.#pods.get(id)?.asked();
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
      this.#releases.delete(id);
      const { cluster, home } = this.#deps;
      const pods = this.#pods.get(id);
      const objects = this.#objects.forget(id);
      this.#scaler.forget(id);
      pods?.leave(pods.present().map(({ metadata }) => metadata.name));
      for (const object of objects) await cluster.remove(refOf(object), { uid: object.metadata.uid ?? "" });
      for (const object of objects)
        await this.#copies.until(object, (copy) => copy?.metadata.uid !== object.metadata.uid || isLeaving(copy));
      if (pods !== undefined) await this.#pods.untilEnded([pods]);
      await this.#pods.forget(id);
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

  async exec(id: string, instance: string, options: ExecOptions): Promise<ExecSession> {
    const pods = this.#pods.get(id);
    if (pods === undefined) throw this.#unknown(id);
    const { cluster, clock } = this.#deps;
    const { pod } = runningInstance(pods.running(), instance);
    const run = (program: ContainerProgram) => cluster.exec(pod, { container: containerName, ...program });
    return startContainerSession({ clock, run }, options);
  }

  drift(scope: Scope): readonly Drift[] {
    return this.#applier.drift(scope);
  }

  async close(): Promise<void> {
    for (const part of [
      this.#routerPods,
      this.#copies,
      this.#environments,
      this.#applier,
      this.#scaler,
      this.#usage,
      this.#events,
    ])
      part.close();
    await this.#pods.close();
  }

  async shutdown(): Promise<void> {
    const ids = this.#copies.deployments.list().flatMap((deployment) => nameOf(deployment)?.id ?? []);
    const end = async (id: string) => {
      await this.autoscale(id, null);
      await this.scale(id, 0);
    };
    await Promise.all(ids.map(end));
    await this.#pods.untilEnded();
    await this.close();
  }

  /** As it was said, or else as an earlier server has left it. */
  #releaseOf(id: string): number | null {
    const shown = Number(this.#objects.deploymentOf(id)?.metadata.labels?.[label.release]);
    return this.#releases.get(id) ?? (Number.isInteger(shown) ? shown : null);
  }

  #onChange({ kind, object }: Change<KubeObject>): void {
    if (object.kind === "Pod")
      return kind === "removed" ? this.#pods.drop(object as Pod) : this.#pods.take(object as Pod);
    if ((object.kind === "Deployment" || object.kind === "Job") && kind !== "removed")
      this.#pods.takeOwner(object as Deployment);
    if (object.kind === "Job" && kind === "removed") this.#refusals.forget(object);
    this.#environments.look(object);
    const scope = nameOf(object);
    if (scope !== null) this.#notify(scope);
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
