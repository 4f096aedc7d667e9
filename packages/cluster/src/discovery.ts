import { BerthError } from "@berth/core";
import type { Caller } from "./calls/caller.ts";
import { refusalOf } from "./calls/refusal.ts";
import { knownResource, splitApiVersion } from "./kinds.ts";
import type { Resource } from "./kinds.ts";
import type { Kind } from "./object.ts";
import { groupPath } from "./paths.ts";

interface ResourceList {
  resources: { name: string; kind: string; namespaced: boolean }[];
}

export interface Discovery {
  /** Where a kind's objects are. Throws `cluster.invalid` where the cluster has no such kind. */
  resourceOf(kind: Kind): Promise<Resource>;
}

/** Asks the cluster for the kinds that not every cluster has, once each. */
export function makeDiscovery(caller: Caller): Discovery {
  const found = new Map<string, Promise<ResourceList>>();

  async function ask(apiVersion: string): Promise<ResourceList> {
    const path = groupPath(apiVersion);
    try {
      return await caller.send<ResourceList>({
        verb: "get",
        resource: path,
        namespace: null,
        subject: `kinds of ${apiVersion}`,
        path,
        repeatable: true,
      });
    } catch (error) {
      if (refusalOf(error)?.status === 404) return { resources: [] };
      throw error;
    }
  }

  function asked(apiVersion: string, anew: boolean): Promise<ResourceList> {
    const known = anew ? undefined : found.get(apiVersion);
    if (known !== undefined) return known;
    const list = ask(apiVersion);
    found.set(apiVersion, list);
    list.catch(() => found.delete(apiVersion));
    return list;
  }

  return {
    async resourceOf({ apiVersion, kind }) {
      const known = knownResource({ apiVersion, kind });
      if (known !== null) return known;
      // What is missing may have been added since.
      for (const anew of [false, true]) {
        const { resources } = await asked(apiVersion, anew);
        const resource = resources.find((one) => one.kind === kind && !one.name.includes("/"));
        if (resource !== undefined) {
          return { ...splitApiVersion(apiVersion), plural: resource.name, namespaced: resource.namespaced };
        }
      }
      throw new BerthError("cluster.invalid", `The cluster does not know ${kind} of ${apiVersion}.`, {
        path: `${apiVersion}/${kind}`,
        hint: "Install what brings this kind, or do without it.",
      });
    },
  };
}
