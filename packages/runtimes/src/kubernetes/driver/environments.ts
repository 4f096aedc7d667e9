import type { Cluster, KubeObject } from "@berth/cluster";
import { refOf } from "@berth/cluster";
import { BerthError, makeSerial } from "@berth/core";
import type { Clock, Log, Scope } from "@berth/core";
import { makeEnvironmentObjects } from "../managed.ts";
import type { ClusterPlace } from "../model.ts";
import { namespaceName } from "../names.ts";
import type { Applier } from "./applier.ts";
import type { Copies } from "./copies.ts";
import { nameOf } from "./view.ts";

export interface EnvironmentsDeps {
  cluster: Cluster;
  place: ClusterPlace;
  copies: Copies;
  applier: Applier;
  neighbourPorts(scope: Scope): Promise<Readonly<Record<string, number>>>;
  clock: Clock;
  log: Log;
  lingerMs: number;
}

interface Environment {
  scope: Scope;
  objects: readonly KubeObject[];
}

/** A namespace that is on its way out is waited for no longer than this. */
const leavingMs = 60_000;
const retryMs = { first: 500, most: 30_000 };

/** The namespaces of environments, with what is in each besides workloads; what others make of that is put back. */
export class Environments {
  readonly #deps: EnvironmentsDeps;
  /** By namespace: what was ensured, as it is to be. */
  readonly #wanted = new Map<string, Environment>();
  readonly #leaving = new Map<string, AbortController>();
  /** Namespaces that are looked at; true: something has changed since. */
  readonly #looking = new Map<string, boolean>();
  /** By namespace: one at a time is made or removed. */
  readonly #inTurn = makeSerial();
  readonly #closing = new AbortController();

  constructor(deps: EnvironmentsDeps) {
    this.#deps = deps;
  }

  /** Makes what an environment has, where it is not so already. One that is being removed is waited for, and made again. */
  async ensure(scope: Scope): Promise<void> {
    const { place, neighbourPorts } = this.#deps;
    const namespace = namespaceName(place.namespacePrefix, scope);
    this.#leaving.get(namespace)?.abort();
    const objects = makeEnvironmentObjects({ scope, neighbourPorts: await neighbourPorts(scope) }, place);
    await this.#inTurn(namespace, () => {
      const before = this.#wanted.get(namespace);
      const isSame = JSON.stringify(before?.objects) === JSON.stringify(objects);
      const wanted = isSame && before !== undefined ? before : { scope, objects };
      this.#wanted.set(namespace, wanted);
      return this.#put(namespace, wanted);
    });
  }

  /** Something has changed: where it is an environment's, it is looked at whether it is still as it should be. */
  look({ kind, metadata }: KubeObject): void {
    this.#lookAt(kind === "Namespace" ? metadata.name : (metadata.namespace ?? ""));
  }

  lookAgain(scope: Scope): void {
    this.#lookAt(namespaceName(this.#deps.place.namespacePrefix, scope));
  }

  /** Removes an environment's namespace when nothing of a workload has been in it for a while. */
  releaseSoon(scope: Scope): void {
    this.#releaseSoon(namespaceName(this.#deps.place.namespacePrefix, scope));
  }

  /** Removes namespaces in which nothing of a workload is left, as after an end before their time had come. */
  releaseUnused(): void {
    for (const { metadata } of this.#deps.copies.of({ kind: "Namespace" }).list())
      if (!this.#isUsed(metadata.name)) this.#releaseSoon(metadata.name);
  }

  close(): void {
    this.#closing.abort();
    for (const abort of this.#leaving.values()) abort.abort();
  }

  #releaseSoon(namespace: string): void {
    this.#leaving.get(namespace)?.abort();
    const abort = new AbortController();
    this.#leaving.set(namespace, abort);
    void this.#release(namespace, abort.signal).finally(() => {
      if (this.#leaving.get(namespace) === abort) this.#leaving.delete(namespace);
    });
  }

  #lookAt(namespace: string): void {
    const wanted = this.#wanted.get(namespace);
    if (wanted === undefined || this.#closing.signal.aborted) return;
    if (this.#looking.has(namespace)) return void this.#looking.set(namespace, true);
    if (!this.#isPut(namespace, wanted)) void this.#keep(namespace);
  }

  /** Puts back until it is as it should be, through an API server that is away. */
  async #keep(namespace: string): Promise<void> {
    const { clock, log } = this.#deps;
    let pauseMs = retryMs.first;
    this.#looking.set(namespace, true);
    while (this.#looking.get(namespace) === true && !this.#closing.signal.aborted) {
      this.#looking.set(namespace, false);
      try {
        await this.#inTurn(namespace, async () => {
          const wanted = this.#wanted.get(namespace);
          if (wanted !== undefined) await this.#put(namespace, wanted);
        });
        pauseMs = retryMs.first;
      } catch (error) {
        if (this.#closing.signal.aborted) break;
        log.warn({ err: error, namespace }, "What belongs to an environment could not be put back; trying again");
        await clock.sleep(pauseMs, this.#closing.signal);
        pauseMs = Math.min(retryMs.most, pauseMs * 2);
        this.#looking.set(namespace, true);
      }
    }
    this.#looking.delete(namespace);
  }

  #isPut(namespace: string, { objects }: Environment): boolean {
    const isGoing = isLeaving(this.#namespaceOf(namespace));
    return !isGoing && objects.every((object) => this.#deps.applier.isApplied(object));
  }

  async #put(namespace: string, wanted: Environment): Promise<void> {
    if (this.#isPut(namespace, wanted)) return;
    await this.#untilGone(namespace);
    await this.#deps.applier.apply(wanted.scope, wanted.objects);
  }

  async #untilGone(namespace: string): Promise<void> {
    const { clock } = this.#deps;
    const deadline = clock.now() + leavingMs;
    while (isLeaving(this.#namespaceOf(namespace))) {
      this.#closing.signal.throwIfAborted();
      if (clock.now() > deadline) {
        throw new BerthError("cluster.conflict", `Namespace ${namespace} is being removed and does not go.`, {
          path: namespace,
          hint: `kubectl get namespace ${namespace} -o jsonpath={.status.conditions} says what holds it.`,
        });
      }
      await clock.sleep(100, this.#closing.signal);
    }
  }

  async #release(namespace: string, signal: AbortSignal): Promise<void> {
    const { cluster, copies, clock, log, lingerMs, applier } = this.#deps;
    await clock.sleep(lingerMs, signal);
    await this.#inTurn(namespace, async () => {
      const copy = this.#namespaceOf(namespace);
      if (signal.aborted || copy === undefined || this.#isUsed(namespace)) return;
      applier.forget(this.#wanted.get(namespace)?.objects ?? []);
      this.#wanted.delete(namespace);
      await cluster.remove(refOf(copy), { uid: copy.metadata.uid ?? "" });
      // Whoever makes it again has to see that it goes.
      await copies.until(copy, (now) => now?.metadata.uid !== copy.metadata.uid || isLeaving(now));
    }).catch((error: unknown) => log.warn({ err: error, namespace }, "An empty namespace could not be removed"));
  }

  #namespaceOf(namespace: string): KubeObject | undefined {
    return this.#deps.copies.of({ kind: "Namespace" }).get(null, namespace);
  }

  #isUsed(namespace: string): boolean {
    const { copies } = this.#deps;
    const hasWorkload = (kind: string) =>
      copies
        .of({ kind })
        .list(namespace)
        .some((object) => nameOf(object) !== null);
    return ["Deployment", "Secret", "Pod"].some(hasWorkload);
  }
}

function isLeaving(namespace: KubeObject | undefined): boolean {
  return namespace?.metadata.deletionTimestamp !== undefined;
}
