import type { V1Secret } from "@kubernetes/client-node";
import type { WorkloadModel, ClusterPlace } from "../model.ts";
import type { Made } from "../made.ts";
import { workloadMetadata } from "./metadata.ts";

/** The variables of a workload: like the workload they never change. */
export function makeVariablesSecret({ workload }: WorkloadModel, place: ClusterPlace): Made<V1Secret> {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: workloadMetadata(workload, place),
    type: "Opaque",
    immutable: true,
    data: Object.fromEntries(
      variableNames({ workload }).map((name) => [name, Buffer.from(workload.env[name] ?? "").toString("base64")]),
    ),
  };
}

/** In one order, whoever has put them together. */
export function variableNames({ workload }: Pick<WorkloadModel, "workload">): string[] {
  return Object.keys(workload.env).toSorted();
}
