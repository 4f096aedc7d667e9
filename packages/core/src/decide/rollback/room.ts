import type { EnvironmentQuota } from "../../runtime.ts";
import type { Release, ReleasedService, Snapshot } from "../../release.ts";
import { type Need, takenBy } from "../../quota.ts";
import { sizeText } from "../../size-text.ts";
import { canonicalJson } from "../../workload.ts";
import type { RollbackFinding } from "./verdict.ts";

/**
 * What does not fit into an environment while a release comes up beside what is live. Kept warm is nothing then: that goes first. Counted is
 * the least that each service runs with.
 */
export function judgeRoom(
  target: Pick<Release, "version" | "snapshot">,
  live: Snapshot | null,
  quota: EnvironmentQuota | null,
): RollbackFinding[] {
  if (quota === null) return [];
  const running = (live?.services ?? []).filter(({ spec }) => spec.listens);
  const known = new Set(running.map(contentOf));
  const needed = [...running, ...target.snapshot.services.filter((service) => !known.has(contentOf(service)))];
  const needs = needed.map(({ spec }) => ({ resources: spec.resources, instances: Math.max(1, spec.scale.min) }));
  return judgeNeeds(target.version, needs, quota);
}

/** What does not fit into an environment of all that is to run in it: a release, `beside` all else. */
export function judgeNeeds(
  version: number,
  needs: readonly Need[],
  quota: EnvironmentQuota,
  beside = "what is live",
): RollbackFinding[] {
  const total = takenBy(needs);
  const over = [
    ...(total.pods > quota.pods ? [`${total.pods} instances of ${quota.pods}`] : []),
    ...(total.cpuMillis > quota.cpuMillis ? [`${total.cpuMillis}m of ${quota.cpuMillis}m CPU`] : []),
    ...(total.memoryBytes > quota.memoryBytes
      ? [`${sizeText(total.memoryBytes)} of ${sizeText(quota.memoryBytes)} memory`]
      : []),
  ];
  if (over.length === 0) return [];
  return [
    {
      kind: "quota",
      weight: "blocks",
      version,
      service: null,
      message: `Beside ${beside} v${version} does not fit into the environment's quota: it would take ${over.join(", ")}.`,
      hint: "Scale what is live down first (berth scale), or raise BERTH_QUOTA.",
    },
  ];
}

/** What makes a workload one and the same, but for its place. */
function contentOf({ spec, image }: ReleasedService): string {
  return canonicalJson({ ...spec, scale: null, routes: null, image });
}
