import { BerthError, type Clusters } from "@berth/core";

/** Where apps do not run on a cluster there is none to add another to. */
export function makeNoClusters(runtime: string): Clusters {
  const refuse = (): Promise<never> =>
    Promise.reject(
      new BerthError("cluster.unsupported", `This server runs apps with the runtime ${runtime}, not on a cluster.`, {
        path: "BERTH_RUNTIME",
        hint: "Clusters need BERTH_RUNTIME=kubernetes; docs/kubernetes.md shows how to start.",
      }),
    );
  return { list: refuse, add: refuse, delete: refuse, find: refuse };
}
