import type { Drift, DriftField, UnknownWorkload } from "@berth/core";
import type { Style } from "../framework/output.ts";
import { ago } from "../framework/units.ts";

export interface DriftReport {
  isWatched: boolean;
  items: readonly (Pick<Drift, "at" | "object"> & { fields: readonly Field[] })[];
  unknown: readonly Pick<UnknownWorkload, "service" | "workload">[];
}

/** `refusal`: why it cannot be kept; null where it can. */
type Field = Omit<DriftField, "adoption"> & { refusal: string | null };

/** What was changed by hand, object by object. */
export function driftText(report: DriftReport, { style, now }: { style: Style; now: number }): string {
  const unknown = report.unknown.map(
    ({ service, workload }) =>
      `${style.yellow(`${service} ${workload}`)} runs, and no release has made it: berth prune`,
  );
  return [changesText(report, { style, now }), ...unknown].join("\n\n");
}

function changesText({ isWatched, items }: DriftReport, { style, now }: { style: Style; now: number }): string {
  if (!isWatched) return "Apps run where nobody but Berth changes anything: drift is a matter of clusters.";
  if (items.length === 0) return "Nothing was changed by hand since the server's start.";
  return items
    .map(({ at, object, fields }) =>
      [`${style.bold(object)}  put back ${ago(at, now)}`, ...fields.map((field) => `  ${fieldText(field, now)}`)].join(
        "\n",
      ),
    )
    .join("\n\n");
}

function fieldText({ path, desired, found, manager, setAt }: Field, now: number): string {
  const where = path === "" ? "" : `${path}: `;
  const by = manager === null ? "" : ` by ${manager}`;
  const when = setAt === null ? "" : ` ${ago(setAt, now)}`;
  if (found === null) return `${where}was removed${by}${when}`;
  if (desired === null) return `${where}${found} was added${by}${when}`;
  return `${where}${desired} was changed to ${found}${by}${when}`;
}
