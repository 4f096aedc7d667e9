import type { Cluster, KubeObject } from "@berth/cluster";
import { refOf } from "@berth/cluster";
import type { Clock, Log, Scope } from "@berth/core";
import { makeEnvironmentObjects } from "../managed.ts";
import type { ClusterPlace } from "../model.ts";
import { namespaceName } from "../names.ts";
import { applyAll } from "./apply-all.ts";
import type { Copies } from "./copies.ts";
import { nameOf } from "./view.ts";

export interface EnvironmentsDeps {
  cluster: Cluster;
  place: ClusterPlace;
  copies: Copies;
  neighbourPorts(scope: Scope): Promise<Readonly<Record<string, number>>>;
  clock: Clock;
  log: Log;
  lingerMs: number;
}

/** The namespaces of environments, with what is in each besides workloads. */
export class Environments {
  readonly #deps: EnvironmentsDeps;
  readonly #leaving = new Map<string, AbortController>();
  /** By namespace: one at a time is made or removed. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(deps: EnvironmentsDeps) {
    this.#deps = deps;
  }

  /** Makes what an environment has, where it is not so already. One that is being removed is waited for, and made again. */
  ensure(scope: Scope): Promise<void> {
    const { cluster, place, copies, clock } = this.#deps;
    const namespace = namespaceName(place.namespacePrefix, scope);
    this.#leaving.get(namespace)?.abort();
    return this.#inTurn(namespace, async () => {
      const objects = makeEnvironmentObjects({ scope, neighbourPorts: await this.#deps.neighbourPorts(scope) }, place);
      while (isLeaving(copies.of({ kind: "Namespace" }).get(null, namespace))) await clock.sleep(100);
      await applyAll(objects, { cluster, copies });
    });
  }

  /** Removes an environment's namespace when nothing of a workload has been in it for a while. */
  releaseSoon(scope: Scope): void {
    const namespace = namespaceName(this.#deps.place.namespacePrefix, scope);
    this.#leaving.get(namespace)?.abort();
    const abort = new AbortController();
    this.#leaving.set(namespace, abort);
    void this.#release(namespace, abort.signal).finally(() => {
      if (this.#leaving.get(namespace) === abort) this.#leaving.delete(namespace);
    });
  }

  close(): void {
    for (const abort of this.#leaving.values()) abort.abort();
  }

  async #release(namespace: string, signal: AbortSignal): Promise<void> {
    const { cluster, copies, clock, log, lingerMs } = this.#deps;
    await clock.sleep(lingerMs, signal);
    await this.#inTurn(namespace, async () => {
      const copy = copies.of({ kind: "Namespace" }).get(null, namespace);
      if (signal.aborted || copy === undefined || this.#isUsed(namespace)) return;
      await cluster.remove(refOf(copy), { uid: copy.metadata.uid ?? "" });
    }).catch((error: unknown) => log.warn({ err: error, namespace }, "An empty namespace could not be removed"));
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

  async #inTurn<T>(namespace: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(namespace) ?? Promise.resolve();
    const turn = before.then(work, work);
    const settled = turn.catch(() => {});
    this.#turns.set(namespace, settled);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(namespace) === settled) this.#turns.delete(namespace);
    }
  }
}

function isLeaving(namespace: KubeObject | undefined): boolean {
  return namespace?.metadata.deletionTimestamp !== undefined;
}
