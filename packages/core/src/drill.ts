import type { Scope } from "./runtime.ts";
import { sizeText } from "./size-text.ts";

/** What a request to an instance came to. */
export interface ProbeAnswer {
  /** Null: there was no answer. */
  status: number | null;
  /** Until it was over, or given up. */
  durationMs: number;
  /** Of the body, as far as it came. */
  bytes: number;
  /** Why there was none, or not all of it, as a clause that begins with "it"; null: it came. */
  failure: string | null;
}

/** One path, asked of a release and of what is live. */
export interface DrillProbe {
  /** Of the release, that was asked; null: none takes such requests. */
  service: string | null;
  path: string;
  drilled: ProbeAnswer;
  /** Null: nothing that is live takes such requests. */
  live: ProbeAnswer | null;
  /** What is live answers better: going back would be a loss. */
  isWorse: boolean;
}

/** What became of a service of a drilled release. */
export interface DrilledService {
  service: string;
  /** `running`: it ran before, for it is warm, or what is live has the same. */
  state: "started" | "running" | "failed" | "left-out";
  /** From the drill's start until it was ready, of one that was started. */
  readyMs: number | null;
  /** Why it has failed or was left out, as a clause that begins with "it". */
  reason: string | null;
}

/** How it went when a release was run beside what is live, for a rollback that may come. */
export interface Drill extends Scope {
  /** Its operation. */
  operation: string;
  /** The deploy whose content was run. */
  version: number;
  /** What was live beside it; null: nothing. */
  live: number | null;
  /** When it was over. */
  at: number;
  by: string;
  outcome: "passed" | "failed";
  services: readonly DrilledService[];
  probes: readonly DrillProbe[];
}

/** So many are kept of each environment, the newest. */
export const keptDrills = 100;

/** The same in short. */
export interface DrillSummary extends Pick<Drill, "operation" | "at" | "by" | "outcome"> {
  probes: number;
  /** How many of them are no worse than what is live. */
  probesPassed: number;
}

export function summariseDrill({ operation, at, by, outcome, probes }: Drill): DrillSummary {
  const passed = probes.filter(({ isWorse }) => !isWorse);
  return { operation, at, by, outcome, probes: probes.length, probesPassed: passed.length };
}

/** `passed, 3 of 3 probes`. */
export function drillOutcomeText({ outcome, probes, probesPassed }: DrillSummary): string {
  return `${outcome}, ${probesPassed} of ${probes} ${probes === 1 ? "probe" : "probes"}`;
}

/** `GET /login: 500, 12 B, 8 ms; v12: 200, 1.3 KiB, 5 ms (worse)`. */
export function probeText({ path, drilled, live, isWorse }: DrillProbe, liveVersion: number | null): string {
  const other = live === null ? "" : `; v${liveVersion}: ${answerText(live)}`;
  const mark = isWorse ? " (worse)" : live !== null && live.status !== drilled.status ? " (differs)" : "";
  return `GET ${path}: ${answerText(drilled)}${other}${mark}`;
}

function answerText({ status, durationMs, bytes, failure }: ProbeAnswer): string {
  const answer = status === null ? [] : [String(status), sizeText(bytes), `${durationMs} ms`];
  return [...answer, ...(failure === null ? [] : [failure])].join(", ");
}

/** What is to be drilled, and how. */
export interface DrillRequest extends Scope {
  /** Null: the release that a rollback would return to. */
  version: number | null;
  /** Paths that are asked for beside the health checks. */
  paths: readonly string[];
  /** Start workers, too, though they take work from the live ones. */
  workers: boolean;
}
