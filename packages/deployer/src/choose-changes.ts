import type { Drift, ServiceChange } from "@berth/core";

export interface Chosen {
  /** In the order in which they were made. */
  changes: readonly ServiceChange[];
  refused: readonly { object: string; path: string; refusal: string }[];
}

/**
 * What of all that was changed by hand is to be kept: the last of each field, of these objects, since what is live is so. What was
 * changed before was of something else, or was decided about by whoever made the release. `workloads` are the services of what is live,
 * by workload: what others have is on its way out.
 */
export function chooseChanges(
  drift: readonly Drift[],
  { since, workloads, objects }: { since: number; workloads: ReadonlyMap<string, string>; objects: readonly string[] },
): Chosen {
  const isAsked = (object: string) =>
    objects.length === 0 || objects.some((asked) => asked === object || asked === object.split(" ")[1]);
  const fields = drift
    .filter(
      ({ at, object, workload }) => at >= since && isAsked(object) && (workload === null || workloads.has(workload)),
    )
    .toSorted((a, b) => a.at - b.at)
    .flatMap(({ object, workload, fields: found }) =>
      found.map((field) => ({ ...field, object, service: workload === null ? null : workloads.get(workload)! })),
    );
  const last = new Map(fields.map((field) => [`${field.object} ${field.path}`, field]));
  const changes: ServiceChange[] = [];
  const refused: { object: string; path: string; refusal: string }[] = [];
  for (const { object, path, service, adoption } of last.values()) {
    if ("refusal" in adoption) refused.push({ object, path, refusal: adoption.refusal });
    else if (service === null) refused.push({ object, path, refusal: "it is of no service" });
    else changes.push({ service, change: adoption.change });
  }
  return { changes, refused };
}
