import type { Made } from "@berth/cluster";
import type { V1Secret } from "@kubernetes/client-node";
import type { WorkloadModel, ClusterPlace } from "../model.ts";
import { workloadMetadata } from "./metadata.ts";

/** The variables of a workload: like the workload they never change. */
export function makeVariablesSecret({ workload }: WorkloadModel, place: ClusterPlace): Made<V1Secret> {
  const names = variableNames({ workload });
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: workloadMetadata(workload, place),
    type: "Opaque",
    immutable: true,
    // Empty it would be kept as none, and to apply it again would be a change.
    ...(names.length > 0 && {
      data: Object.fromEntries(names.map((name) => [name, Buffer.from(workload.env[name] ?? "").toString("base64")])),
    }),
  };
}

/** In one order, whoever has put them together. */
export function variableNames({ workload }: Pick<WorkloadModel, "workload">): string[] {
  return Object.keys(workload.env).toSorted();
}
