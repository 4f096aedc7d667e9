import type { CallOptions, Cluster } from "../cluster.ts";
import type { Lease } from "./lease.ts";

/** The same cluster, on which something is changed only while a lease is surely held: what is under way when its term ends is broken off. Looking is free. */
export function makeActingCluster(cluster: Cluster, lease: Pick<Lease, "term">): Cluster {
  const inTerm = <Options extends CallOptions>(options: Options): Options => {
    const term = lease.term();
    return { ...options, signal: options.signal === undefined ? term : AbortSignal.any([options.signal, term]) };
  };
  return {
    ...cluster,
    apply: async (object, options) => cluster.apply(object, inTerm(options)),
    async create(object, options) {
      lease.term();
      return cluster.create(object, options && inTerm(options));
    },
    patch: async (ref, patch, options) => cluster.patch(ref, patch, inTerm(options)),
    scale: async (ref, replicas, options) => cluster.scale(ref, replicas, inTerm(options)),
    remove: async (ref, options = {}) => cluster.remove(ref, inTerm(options)),
    async evict(pod) {
      lease.term();
      return cluster.evict(pod);
    },
  };
}
