import type { ReleaseKind, ScaleOverrides, ServiceOverrides } from "@berth/core";
import { defaultCluster, overrideTexts } from "@berth/core/light";
import { count, cut, type Style, table, widthOf } from "../framework/output.ts";
import { ago } from "../framework/units.ts";

export interface ReleaseRow {
  version: number;
  kind: ReleaseKind;
  carries: number | null;
  cluster: string | null;
  state: "pending" | "live" | "superseded" | "failed";
  createdAt: number;
  createdBy: string;
  origin: { commit: string | null; message: string };
  reason: string | null;
  /** What `berth scale` has laid over berth.yaml, by service. */
  scales?: ScaleOverrides | undefined;
  adopted?: ServiceOverrides | undefined;
  /** Which variables a change of config was about. */
  decided?: readonly string[] | undefined;
}

/** Releases as a table, the live one marked. Messages are cut to what fits. */
export function releasesTable(
  releases: readonly ReleaseRow[],
  { style, width, now }: { style: Style; width: number; now: number },
): string {
  const rows = releases.map((release) => [
    `${release.state === "live" ? style.green("*") : " "} v${release.version}`,
    stateText(release.state, style),
    ago(release.createdAt, now),
    release.createdBy,
    release.origin.commit?.slice(0, 7) ?? style.dim("none"),
    messageOf(release),
  ]);
  const headings = ["  VERSION", "STATE", "WHEN", "WHO", "COMMIT", "MESSAGE"];
  const before = [0, 1, 2, 3, 4]
    .map((column) => Math.max(...[headings, ...rows].map((row) => widthOf(row[column]!))) + 2)
    .reduce((sum, one) => sum + one, 0);
  const fitting = rows.map((row) => [...row.slice(0, 5), cut(row[5]!, Math.max(20, width - before))]);
  return table(headings, fitting, style);
}

export function stateText(state: string, style: Style): string {
  if (state === "live" || state === "succeeded" || state === "ready") return style.green(state);
  if (state === "failed" || state === "exited") return style.red(state);
  return state === "superseded" ? style.dim(state) : style.yellow(state);
}

function messageOf(release: ReleaseRow): string {
  const { origin, state, reason } = release;
  const message = `${whatBefore(release)}${origin.message}`;
  return state === "failed" && reason !== null ? `${message} (${reason})` : message;
}

/** What a release is, where it is no deploy. */
function whatBefore({ kind, carries, cluster, scales = {}, adopted = {}, decided = [] }: ReleaseRow): string {
  if (kind === "scale") return `${scalesText(scales)}: `;
  if (kind === "promote") return "promoted: ";
  if (kind === "rollback") return `back to v${carries}: `;
  if (kind === "move") return `to ${cluster ?? defaultCluster}: `;
  if (kind === "config") return `${configText(decided)}: `;
  if (kind !== "adopt") return "";
  const texts = adoptedTexts(adopted);
  return texts.length === 0 ? "without what was adopted: " : `adopted ${texts.join("; ")}: `;
}

/** `web env DEBUG, memory 256Mi`, of each service that has something. */
export function adoptedTexts(adopted: ServiceOverrides): string[] {
  return Object.entries(adopted).map(([service, override]) => `${service} ${overrideTexts(override).join(", ")}`);
}

/** `config LOG_LEVEL`, of up to three variables; else how many. */
function configText(keys: readonly string[]): string {
  if (keys.length === 0) return "other config";
  return `config ${keys.length > 3 ? count(keys.length, "variable") : keys.join(", ")}`;
}

function scalesText(scales: NonNullable<ReleaseRow["scales"]>): string {
  const overrides = Object.entries(scales).map(([service, { min, max }]) => {
    if (min === max) return `${service}=${min}`;
    return [service, min === undefined ? "" : `min ${min}`, max === undefined ? "" : `max ${max}`]
      .filter((part) => part !== "")
      .join(" ");
  });
  return overrides.length === 0 ? "scale of berth.yaml" : `scale ${overrides.join(", ")}`;
}
