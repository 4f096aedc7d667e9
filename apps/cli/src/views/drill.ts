import type { Drill } from "@berth/core";
import { drillOutcomeText, probeText, summariseDrill } from "@berth/core/light";
import { duration } from "../framework/units.ts";
import type { Style } from "../framework/output.ts";
import { scopeText } from "../scope.ts";

/** How a drill went that has passed: what came up after how long, and what is answered otherwise than by what is live. */
export function drillText(drill: Drill, style: Style): string {
  const { version, live, services, probes } = drill;
  const beside = live === null ? "" : ` beside v${live}`;
  const head = `${style.green("✓")} ${scopeText(drill)}: v${version}${beside}: ${drillOutcomeText(summariseDrill(drill))}`;
  const came = services.flatMap(({ service, state, readyMs }) => {
    if (state === "started") return [`${service} was ready after ${duration(readyMs ?? 0)}`];
    return state === "running" ? [`${service} ran already`] : [];
  });
  const others = probes.filter((probe) => probe.live !== null && probe.live.status !== probe.drilled.status);
  return [head, ...came, ...others.map((probe) => probeText(probe, live))].join("\n  ");
}
