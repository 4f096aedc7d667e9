// node test/bench/autoscaler/plot.ts: draws what the autoscaler makes of the recorded load traces into docs/images/autoscaler.svg.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defaultScalingRules, type LoadTrace, replay, type ReplayStep } from "../../../packages/core/src/index.ts";

const root = join(import.meta.dirname, "../../..");
const scale = { min: 0, max: 20, concurrency: 20, idleMs: 60_000 };
const startMs = 2_000;

const width = 860;
const height = 190;
const margin = { left: 44, right: 44, top: 34, bottom: 24 };
const colours = { load: "#94a3b8", desired: "#f59e0b", ready: "#2563eb", text: "#475569", line: "#e2e8f0" };

const names = ["step", "spike", "burst", "ramp", "diurnal"];
const panels = names.map((name, index) => {
  const trace = JSON.parse(
    readFileSync(join(root, `packages/core/src/decide/scaling/fixtures/${name}.json`), "utf8"),
  ) as LoadTrace;
  return panel(name, trace, replay(trace, scale, startMs, defaultScalingRules), index * height);
});
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${names.length * height}" font-family="system-ui, sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#ffffff"/>
${panels.join("\n")}
</svg>
`;
writeFileSync(join(root, "docs/images/autoscaler.svg"), svg);

/** Load by the left axis, instances by the right one: where the lines meet each instance has its whole concurrency. */
function panel(name: string, { about }: LoadTrace, steps: readonly ReplayStep[], y: number): string {
  const endMs = steps.at(-1)!.atMs;
  const most = Math.max(
    ...steps.flatMap(({ inFlight, desired, ready }) => [inFlight / scale.concurrency, desired, ready]),
  );
  const bottom = y + height - margin.bottom;
  const x = (ms: number) => round(margin.left + (ms / endMs) * (width - margin.left - margin.right));
  const level = (instances: number) => round(bottom - (instances / most) * (height - margin.top - margin.bottom));
  const area = steps.map(({ atMs, inFlight }) => `L${x(atMs)} ${level(inFlight / scale.concurrency)}`).join("");
  const marks = [0, Math.round(most / 2), Math.round(most)];
  const minutes = Array.from({ length: Math.floor(endMs / 60_000) + 1 }, (_, minute) => minute);
  return `<text x="${margin.left}" y="${y + 18}" fill="${colours.text}"><tspan font-weight="600">${name}</tspan>  ${about}</text>
${marks.map((mark) => `<line x1="${margin.left}" x2="${width - margin.right}" y1="${level(mark)}" y2="${level(mark)}" stroke="${colours.line}"/><text x="${margin.left - 6}" y="${level(mark) + 4}" text-anchor="end" fill="${colours.load}">${mark * scale.concurrency}</text><text x="${width - margin.right + 6}" y="${level(mark) + 4}" fill="${colours.ready}">${mark}</text>`).join("\n")}
${minutes.map((minute) => `<text x="${x(minute * 60_000)}" y="${bottom + 15}" text-anchor="middle" fill="${colours.text}">${minute} min</text>`).join("")}
<path d="M${x(0)} ${level(0)}${area}L${x(endMs)} ${level(0)}Z" fill="${colours.load}" fill-opacity="0.35"/>
${stairs(steps, ({ desired }) => desired, colours.desired, "4 3")}
${stairs(steps, ({ ready }) => ready, colours.ready, "none")}
${y === 0 ? legend() : ""}`;

  function stairs(
    of: readonly ReplayStep[],
    value: (step: ReplayStep) => number,
    colour: string,
    dashes: string,
  ): string {
    let path = `M${x(0)} ${level(0)}`;
    let before = 0;
    for (const step of of) {
      const next = value(step);
      if (next !== before) path += `H${x(step.atMs)}V${level(next)}`;
      before = next;
    }
    return `<path d="${path}H${x(endMs)}" fill="none" stroke="${colour}" stroke-width="1.6" stroke-dasharray="${dashes}"/>`;
  }
}

function legend(): string {
  const entries = [
    ["requests in flight", colours.load],
    ["instances asked for", colours.desired],
    ["instances ready", colours.ready],
  ] as const;
  return entries
    .map(
      ([text, colour], index) =>
        `<rect x="${470 + index * 125}" y="9" width="10" height="10" fill="${colour}"/><text x="${484 + index * 125}" y="18" fill="${colours.text}">${text}</text>`,
    )
    .join("");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
