import { refusalOf } from "@berth/cluster";
import type { Cluster, KubeObject, Pod } from "@berth/cluster";
import type { Clock } from "@berth/core";
import type { BuildPlace } from "./deps.ts";
import { fixedName, label } from "./names.ts";
import { makeCacheClaim } from "./objects/cache-claim.ts";
import { makeJob } from "./objects/job.ts";
import type { JobModel } from "./objects/job.ts";
import { makeNamespaceObjects } from "./objects/namespace.ts";
import { makeTokenSecret } from "./objects/token-secret.ts";

const manager = "berth-builder";
const kinds = {
  job: { apiVersion: "batch/v1", kind: "Job" },
  pod: { apiVersion: "v1", kind: "Pod" },
  secret: { apiVersion: "v1", kind: "Secret" },
  claim: { apiVersion: "v1", kind: "PersistentVolumeClaim" },
  quota: { apiVersion: "v1", kind: "ResourceQuota" },
} as const;
/** A pod that is told to end has a second; a kubelet that does not answer is not waited for. */
const goneWithinMs = 30_000;

export interface JobsDeps {
  cluster: Cluster;
  place: BuildPlace;
  clock: Clock;
}

/** What builds are on the cluster. */
export interface Jobs {
  /** Makes a build's Job with what it needs. */
  start(model: JobModel, channel: { url: string; token: string }): Promise<void>;
  /** The build's pod, now and whenever it changes; null while there is none. Returns how to stop. */
  follow(name: string, changed: (pod: Pod | null) => void): { stop(): void };
  /** What builds take of their quota: `pods 10 of 10`. */
  quotaUse(): Promise<string[]>;
  /** Ends a build at once, and removes all of it but the cache; its pod is `gone` a little later. */
  remove(name: string): Promise<{ gone: Promise<void> }>;
  /** Removes what builds of this installation have left, such as those of a server that was killed. */
  removeAll(): Promise<void>;
  /** Removes the cache volumes of these apps. */
  removeCaches(isUnwanted: (app: string) => boolean): Promise<void>;
}

export function makeJobs({ cluster, place, clock }: JobsDeps): Jobs {
  const { namespace, installation } = place;
  const ours = `${label.builds}=${installation}`;
  let made: Promise<void> | null = null;

  function ensureNamespace(): Promise<void> {
    const making = (made ??= makeNamespace());
    making.catch(() => (made = null));
    return making;
  }

  async function makeNamespace(): Promise<void> {
    const [first, ...others] = makeNamespaceObjects(place);
    const apply = (object: KubeObject) => cluster.apply(object, { manager, force: true });
    if (first !== undefined) await apply(first);
    await Promise.all(others.map(apply));
  }

  async function make({ app, name, cacheClaim }: JobModel, channel: { url: string; token: string }, job: KubeObject) {
    // A claim that is there stays as it is: most kinds of volumes cannot change their size.
    if (cacheClaim !== null) await cluster.create(makeCacheClaim(app, place), { manager });
    await cluster.create(makeTokenSecret({ app, name, ...channel }, place), { manager });
    await cluster.create(job, { manager });
  }

  async function listPods(labels: string): Promise<readonly Pod[]> {
    return (await cluster.list<Pod>(kinds.pod, { namespace, labels })).items;
  }

  /** Of a build's, the pod goes with its Job. */
  async function removeObjects(name: string): Promise<void> {
    const refs = [kinds.job, kinds.secret].map((kind) => ({ ...kind, namespace, name }));
    await Promise.all(refs.map((ref) => cluster.remove(ref)));
  }

  async function untilGone(labels: string): Promise<void> {
    const until = clock.now() + goneWithinMs;
    while (clock.now() < until && (await listPods(labels)).length > 0) await clock.sleep(200);
  }

  return {
    async start(model, channel) {
      const job = makeJob(model, place);
      await ensureNamespace();
      try {
        await make(model, channel, job);
      } catch (error) {
        if (refusalOf(error)?.status !== 404) throw error;
        // Somebody has removed the namespace.
        made = null;
        await ensureNamespace();
        await make(model, channel, job);
      }
    },
    follow(name, changed) {
      const labels = `${label.build}=${name}`;
      const pods = cluster.inform<Pod>(kinds.pod, { namespace, labels });
      const look = () => changed(pods.list(namespace)[0] ?? null);
      const unfollow = pods.follow(look);
      pods.ready().then(look, () => {});
      return {
        stop() {
          unfollow();
          pods.close();
        },
      };
    },
    async quotaUse() {
      const quota = await cluster.get<Quota>({ ...kinds.quota, namespace, name: fixedName.quota });
      const { hard = {}, used = {} } = quota?.status ?? {};
      return Object.keys(hard).map((name) => `${name} ${used[name] ?? "0"} of ${hard[name]}`);
    },
    async remove(name) {
      await removeObjects(name);
      return { gone: untilGone(`${label.build}=${name}`).catch(() => {}) };
    },
    async removeAll() {
      const lists = [kinds.job, kinds.secret].map((kind) =>
        cluster.list<KubeObject>(kind, { namespace, labels: ours }),
      );
      const found = (await Promise.all(lists)).flatMap(({ items }) => items);
      const names = new Set(found.flatMap(({ metadata }) => metadata.labels?.[label.build] ?? []));
      await Promise.all([...names].map(removeObjects));
      // What an earlier build still writes to a volume must not meet the next.
      if (names.size > 0) await untilGone(ours);
    },
    async removeCaches(isUnwanted) {
      const { items } = await cluster.list<KubeObject>(kinds.claim, { namespace, labels: ours });
      for (const { metadata } of items) {
        const app = metadata.labels?.[label.app];
        if (app !== undefined && !isUnwanted(app)) continue;
        await cluster.remove({ ...kinds.claim, namespace, name: metadata.name });
      }
    },
  };
}

type Quota = KubeObject & {
  status?: { hard?: Readonly<Record<string, string>>; used?: Readonly<Record<string, string>> };
};
