import type { Pod } from "@berth/cluster";
import type { Log, Scope } from "@berth/core";
import type { Copies } from "./copies.ts";
import { PodReach } from "./pod-reach.ts";
import { type PodsDeps, WorkloadPods } from "./pods.ts";
import { type Deployment, type Job, nameOf, viewOf } from "./view.ts";

export interface PodsByWorkloadDeps extends Omit<PodsDeps, "reach"> {
  copies: Copies;
  log: Log;
  /** Beyond its grace, how long a pod is waited for that is to end. */
  endSlackMs: number;
  /** There is something new to see of this environment. */
  onChange(scope: Scope): void;
}

/** The pods of all workloads and tasks; those of one are taken once the cluster has told of its Deployment or Job. */
export class PodsByWorkload {
  readonly #deps: PodsByWorkloadDeps;
  readonly #byId = new Map<string, WorkloadPods>();
  readonly #reach: PodReach;

  constructor(deps: PodsByWorkloadDeps) {
    this.#deps = deps;
    const { clock, log } = deps;
    this.#reach = new PodReach({ clock, log, onChange: () => this.#lookAgain() });
  }

  get(id: string): WorkloadPods | undefined {
    return this.#byId.get(id);
  }

  /** Whether any that runs has not been found ready, or was not asked yet. */
  get isWaiting(): boolean {
    return this.#all().some((pods) => pods.isWaiting);
  }

  /** Takes what pods are made by as the cluster has it now. */
  takeOwner(owner: Deployment | Job): void {
    const view = viewOf(owner);
    if (view === null) return;
    const pods = this.#byId.get(view.id);
    if (pods !== undefined) return void (pods.view = view);
    const { copies, onChange, ...deps } = this.#deps;
    this.#byId.set(view.id, new WorkloadPods(view, { ...deps, reach: this.#reach }, () => onChange(view)));
    for (const pod of copies.pods.list(owner.metadata.namespace)) this.take(pod);
  }

  take(pod: Pod): void {
    this.#ofPod(pod)?.take(pod);
  }

  drop(pod: Pod): void {
    this.#ofPod(pod)?.drop(pod);
  }

  async forget(id: string): Promise<void> {
    const pods = this.#byId.get(id);
    this.#byId.delete(id);
    await pods?.close();
  }

  /** Waits until pods, all where none are named, have ended, and what they wrote is in the logs; on a node that is lost they do not. */
  async untilEnded(all: readonly WorkloadPods[] = this.#all()): Promise<void> {
    const { clock, log, endSlackMs } = this.#deps;
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

  async close(): Promise<void> {
    this.#reach.close();
    await Promise.all(this.#all().map((pods) => pods.close()));
  }

  #all(): WorkloadPods[] {
    return [...this.#byId.values()];
  }

  #ofPod(pod: Pod): WorkloadPods | undefined {
    const id = nameOf(pod)?.id;
    return id === undefined ? undefined : this.#byId.get(id);
  }

  #lookAgain(): void {
    for (const pods of this.#byId.values()) pods.lookAgain();
  }
}
