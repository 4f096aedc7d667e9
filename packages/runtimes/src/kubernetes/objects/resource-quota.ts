import { bytesQuantity, cpuQuantity } from "@berth/cluster";
import type { Made } from "@berth/cluster";
import type { V1ResourceQuota } from "@kubernetes/client-node";
import type { Scope } from "@berth/core";
import type { ClusterPlace } from "../model.ts";
import { fixedName } from "../names.ts";
import { scopeMetadata } from "./metadata.ts";

/** What an environment may take, and no way of its own to the outside. */
export function makeResourceQuota(scope: Scope, place: ClusterPlace): Made<V1ResourceQuota> {
  const { pods, cpuMillis, memoryBytes } = place.quota;
  return {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: scopeMetadata(fixedName.quota, scope, place),
    spec: {
      hard: {
        pods: String(pods),
        "requests.cpu": cpuQuantity(cpuMillis),
        "requests.memory": bytesQuantity(memoryBytes),
        "limits.memory": bytesQuantity(memoryBytes),
        "services.loadbalancers": "0",
        "services.nodeports": "0",
      },
    },
  };
}
