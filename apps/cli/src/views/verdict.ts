import type { DrillSummary, RollbackCheck } from "@berth/core";
import { drillOutcomeText } from "@berth/core/light";
import { columns, type Style } from "../framework/output.ts";
import { moment } from "../framework/units.ts";
import { scopeText } from "../scope.ts";

/** What a rollback would do, and whether it is safe, with why not. */
export function verdictText(verdict: RollbackCheck, style: Style): string {
  const { version, outcome, canForce, findings, drill } = verdict;
  const place = scopeText(verdict);
  const head = `${outcome === "safe" ? style.green("✓") : style.red("✗")} ${headline()}`;
  const marks = { note: style.dim("-"), blocks: style.red("blocked"), impossible: style.red("blocked") };
  const rows = findings.flatMap(({ weight, message, hint }) => [
    [`  ${marks[weight]}`, message],
    ...(hint === null ? [] : [["  ", `${style.yellow("→")} ${hint}`]]),
  ]);
  if (drill !== null) rows.push([`  ${marks.note}`, drilledText(drill)]);
  return rows.length === 0 ? head : `${head}\n${columns(rows)}`;

  function headline(): string {
    if (outcome === "safe") return `${place} can go back to v${version}`;
    return canForce ? `${place}: it is not safe to go back to v${version}` : `${place} cannot go back to v${version}`;
  }
}

/** `drilled 2026-11-30 10:12 by ada: passed, 3 of 3 probes`. */
function drilledText(drill: DrillSummary): string {
  return `drilled ${moment(drill.at).slice(0, 16)} by ${drill.by}: ${drillOutcomeText(drill)}`;
}
