import { refOf, refText } from "@berth/cluster";
import type { Change, Cluster, Informer, Kind, KubeObject, Pod } from "@berth/cluster";
import { BerthError } from "@berth/core";
import type { Clock, Log } from "@berth/core";
import { label } from "../labels.ts";
import type { ClusterPlace } from "../model.ts";
import { isInPlace } from "./in-place.ts";
import { keptOf, withoutManagers } from "./kept.ts";
import type { Deployment, Job } from "./view.ts";

const kinds = {
  Namespace: "v1",
  Secret: "v1",
  ServiceAccount: "v1",
  ResourceQuota: "v1",
  LimitRange: "v1",
  Service: "v1",
  EndpointSlice: "discovery.k8s.io/v1",
  NetworkPolicy: "networking.k8s.io/v1",
  PodDisruptionBudget: "policy/v1",
  HorizontalPodAutoscaler: "autoscaling/v2",
  Deployment: "apps/v1",
  Job: "batch/v1",
  Pod: "v1",
} as const;

export type CopiedKind = keyof typeof kinds;

/** A write is seen in the copy within milliseconds; one that is not is looked for no longer than this. */
const catchUpMs = 5_000;

export interface CopiesDeps {
  cluster: Cluster;
  place: Pick<ClusterPlace, "installation" | "namespacePrefix">;
  clock: Clock;
  log: Log;
}

/** Copies of all that this installation has on a cluster: one watch a kind. */
export class Copies {
  readonly deployments: Informer<Deployment>;
  readonly jobs: Informer<Job>;
  readonly pods: Informer<Pod>;
  readonly #byKind: ReadonlyMap<string, Informer<KubeObject>>;
  readonly #clock: Clock;

  constructor({ cluster, place, clock, log }: CopiesDeps) {
    this.#clock = clock;
    const labels = `${label.installation}=${place.installation}`;
    const told = new Set<string>();
    const keep = (object: KubeObject) => {
      const { kind, metadata } = object;
      if (isInPlace(object, place.namespacePrefix)) return kind === "Pod" ? withoutManagers(object) : keptOf(object);
      const where = `${kind} in ${metadata.namespace ?? metadata.name}`;
      if (!told.has(where))
        log.warn({ object: refText(refOf(object)) }, "It has Berth's labels and is none of Berth's");
      told.add(where);
      return null;
    };
    const open = <T extends KubeObject>(kind: CopiedKind) =>
      cluster.inform<T>({ apiVersion: kinds[kind], kind }, { labels, keep });
    this.deployments = open<Deployment>("Deployment");
    this.jobs = open<Job>("Job");
    this.pods = open<Pod>("Pod");
    const known: Partial<Record<CopiedKind, Informer<KubeObject>>> = {
      Deployment: this.deployments,
      Job: this.jobs,
      Pod: this.pods,
    };
    const all = Object.keys(kinds) as CopiedKind[];
    this.#byKind = new Map(all.map((kind) => [kind, known[kind] ?? open<KubeObject>(kind)]));
  }

  of({ kind }: Pick<Kind, "kind">): Informer<KubeObject> {
    const informer = this.#byKind.get(kind);
    if (informer === undefined) throw new TypeError(`${kind} is not copied`);
    return informer;
  }

  /** An object as it was seen last. */
  get<T extends KubeObject>(object: T): KubeObject | undefined {
    return this.of(object).get(object.metadata.namespace ?? null, object.metadata.name);
  }

  all(): readonly Informer<KubeObject>[] {
    return [...this.#byKind.values()];
  }

  /** Resolves when every kind was listed. */
  async ready(): Promise<void> {
    await Promise.all(this.all().map((informer) => informer.ready()));
  }

  follow(changed: (change: Change<KubeObject>) => void): void {
    for (const informer of this.all()) informer.follow(changed);
  }

  /** Resolves when the copy shows what was just written. Throws `cluster.unreachable` where it does not in time. */
  async until(object: KubeObject, seen: (copy: KubeObject | undefined) => boolean): Promise<void> {
    const deadline = this.#clock.now() + catchUpMs;
    while (!seen(this.get(object))) {
      if (this.#clock.now() > deadline) {
        throw new BerthError(
          "cluster.unreachable",
          `The cluster does not tell of the change to ${refText(refOf(object))}.`,
          {
            hint: "It is tried again by itself; kubectl get --raw /readyz says how the API server is.",
          },
        );
      }
      await this.#clock.sleep(2);
    }
  }

  /** Why copies are out of date, and since when they have not been; see `Observation`. */
  freshness(): { outdated: string | null; freshSince: number } {
    const informers = [this.deployments, this.pods];
    const outdated = informers.find((informer) => informer.trouble() !== null)?.trouble()?.message ?? null;
    return { outdated, freshSince: Math.max(...informers.map((informer) => informer.freshSince() ?? 0)) };
  }

  close(): void {
    for (const informer of this.all()) informer.close();
  }
}
