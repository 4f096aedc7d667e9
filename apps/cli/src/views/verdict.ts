import type { RollbackVerdict } from "@berth/core";
import { columns, type Style } from "../framework/output.ts";
import { scopeText } from "../scope.ts";

/** What a rollback would do, and whether it is safe, with why not. */
export function verdictText(verdict: RollbackVerdict, style: Style): string {
  const { version, outcome, canForce, findings } = verdict;
  const place = scopeText(verdict);
  const head = `${outcome === "safe" ? style.green("✓") : style.red("✗")} ${headline()}`;
  const marks = { note: style.dim("-"), blocks: style.red("blocked"), impossible: style.red("blocked") };
  const rows = findings.flatMap(({ weight, message, hint }) => [
    [`  ${marks[weight]}`, message],
    ...(hint === null ? [] : [["  ", `${style.yellow("→")} ${hint}`]]),
  ]);
  return rows.length === 0 ? head : `${head}\n${columns(rows)}`;

  function headline(): string {
    if (outcome === "safe") return `${place} can go back to v${version}`;
    return canForce ? `${place}: it is not safe to go back to v${version}` : `${place} cannot go back to v${version}`;
  }
}
