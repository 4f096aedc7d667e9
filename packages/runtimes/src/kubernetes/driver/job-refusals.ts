import type { Cluster, KubeObject } from "@berth/cluster";
import type { Clock } from "@berth/core";
import { refusalText } from "../pods/deployment-failure.ts";
import type { Job } from "./view.ts";

interface Event extends KubeObject {
  reason?: string;
  message?: string;
}

export interface JobRefusalsDeps {
  cluster: Pick<Cluster, "list">;
  clock: Clock;
  /** There is more to tell of a Job. */
  onChange(job: Job): void;
}

/** How often it is asked why a Job has no pod, and how long one may take to come. */
const askEveryMs = 2_000;

/** Why Jobs have no pods. A Job itself does not say that, only Events do: they are asked for where one has none for a while. */
export class JobRefusals {
  readonly #deps: JobRefusalsDeps;
  readonly #known = new Map<string, { askedAt: number; reason: string | null }>();

  constructor(deps: JobRefusalsDeps) {
    this.#deps = deps;
  }

  /** As far as it is known by now; asks, where it is time to. */
  reasonOf(job: Job): string | null {
    const uid = job.metadata.uid ?? "";
    const now = this.#deps.clock.now();
    const known = this.#known.get(uid);
    if (known === undefined) this.#known.set(uid, { askedAt: now, reason: null });
    else if (now - known.askedAt >= askEveryMs) {
      known.askedAt = now;
      void this.#ask(job, uid);
    }
    if (known === undefined) void this.#askLater(job);
    return known?.reason ?? null;
  }

  forget(job: Job): void {
    this.#known.delete(job.metadata.uid ?? "");
  }

  /** Nothing else may happen that would make anybody look again. */
  async #askLater(job: Job): Promise<void> {
    await this.#deps.clock.sleep(askEveryMs);
    if (this.#known.has(job.metadata.uid ?? "")) this.#deps.onChange(job);
  }

  async #ask(job: Job, uid: string): Promise<void> {
    const kind = { apiVersion: "v1", kind: "Event" };
    const options = { namespace: job.metadata.namespace ?? "", fields: `involvedObject.uid=${uid}` };
    const { items } = await this.#deps.cluster.list<Event>(kind, options).catch(() => ({ items: [] }));
    const refused = items.findLast(({ reason }) => reason === "FailedCreate");
    const known = this.#known.get(uid);
    if (known === undefined) return;
    const reason = refused === undefined ? null : refusalText((refused.message ?? "").replace(/^Error creating: /, ""));
    const hasChanged = reason !== known.reason;
    known.reason = reason;
    if (hasChanged) this.#deps.onChange(job);
    else if (reason === null) void this.#askLater(job);
  }
}
