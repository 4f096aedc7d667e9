import { bytesQuantity, cpuQuantity } from "@berth/cluster";
import type { Made } from "@berth/cluster";
import type { V1LimitRange } from "@kubernetes/client-node";
import { serviceDefaults, type Scope } from "@berth/core";
import type { ClusterPlace } from "../model.ts";
import { fixedName } from "../names.ts";
import { scopeMetadata } from "./metadata.ts";
import { diskBytes } from "./resources.ts";

/** For containers that say nothing themselves, such as one of `kubectl debug`: the quota refuses those without. */
export function makeLimitRange(scope: Scope, place: ClusterPlace): Made<V1LimitRange> {
  const memory = bytesQuantity(serviceDefaults.memoryBytes);
  return {
    apiVersion: "v1",
    kind: "LimitRange",
    metadata: scopeMetadata(fixedName.limits, scope, place),
    spec: {
      limits: [
        {
          type: "Container",
          default: { memory, "ephemeral-storage": bytesQuantity(diskBytes.limit) },
          defaultRequest: {
            cpu: cpuQuantity(serviceDefaults.cpuMillis),
            memory,
            "ephemeral-storage": bytesQuantity(diskBytes.request),
          },
        },
      ],
    },
  };
}
