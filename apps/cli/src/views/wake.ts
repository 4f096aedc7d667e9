import type { Requester, Wake, WakePhase, WakeSummary } from "@berth/core";
import type { Style } from "../framework/output.ts";
import { duration } from "../framework/units.ts";

const words = {
  queue: "asked for an instance",
  schedule: "a machine is chosen",
  pull: "its image is there",
  create: "the instance is made",
  start: "its program listens",
  ready: "it is healthy",
} as const satisfies Record<WakePhase["phase"], string>;

const phaseWidth = "schedule".length;

/** A phase that is over, as a line. */
export function wakePhaseLine(service: string, { phase, durationMs }: WakePhase, style: Style): string {
  return `${style.dim(phase.padEnd(phaseWidth))} ${service}  ${words[phase]}  ${style.dim(duration(durationMs))}`;
}

/** How a wake ended, in a line. */
export function wakeEndLine({ service, state, phases, startedAt, endedAt, reason }: Wake, style: Style): string {
  if (state === "failed") return `${style.red("✗")} ${service} did not wake: ${reason ?? "it did not become healthy"}`;
  if (phases.length === 0) return `${style.green("✓")} ${service} is awake already`;
  return `${style.green("✓")} ${service} is awake after ${duration((endedAt ?? startedAt) - startedAt)}`;
}

/** What waking a service takes, in a line, and what makes it shorter in another. */
export function wakeSummaryLines({ count, failed, p50Ms, p95Ms, phases, advice }: WakeSummary): string[] {
  const howMany = `${count} lately${failed === 0 ? "" : `, ${failed} failed`}`;
  if (p50Ms === null || p95Ms === null) return [howMany];
  const parts = phases.map(({ phase, p50Ms: middle }) => `${phase} ${duration(middle)}`).join(", ");
  const line = `p50 ${duration(p50Ms)}, p95 ${duration(p95Ms)} (${parts}), ${howMany}`;
  return advice === null ? [line] : [line, `slowest is ${advice.phase}: ${advice.text}`];
}

/** `UptimeRobot from 203.0.113.0/24, every 60 s (1.4k requests a day)`. */
export function requesterText({ agent, network, perHour }: Requester): string {
  return `${agent} from ${network}, ${howOften(perHour)} (${rounded(perHour * 24)} requests a day)`;
}

function howOften(perHour: number): string {
  const seconds = 3_600 / perHour;
  if (seconds < 2) return `${(1 / seconds).toFixed(1)} a second`;
  return seconds < 120 ? `every ${Math.round(seconds)} s` : `every ${Math.round(seconds / 60)} min`;
}

/** `940`, `1.4k`. */
function rounded(number: number): string {
  return number < 1_000 ? String(Math.round(number)) : `${(number / 1_000).toFixed(1).replace(/\.0$/, "")}k`;
}
