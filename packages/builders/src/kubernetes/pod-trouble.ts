import { containerStatusOf, pendingOf, podFailure, timeOf } from "@berth/cluster";
import type { Pod } from "@berth/cluster";
import { sizeText } from "@berth/core";
import type { BuildFailure } from "@berth/core";
import { stepLimits } from "./deps.ts";
import { container } from "./names.ts";

/** The containers of a build's pod in the order that they start in, with the image of each as nodes pull it. */
export type PodImages = readonly { name: string; image: string }[];

/** How a build's pod fares, as far as the build itself does not tell. */
export type PodState =
  /** It runs, or is on its way: why it waits, where there is more to say than that it does. */
  | { kind: "going"; waitsFor: string | null }
  /** It will not run: what follows "the pod of the build". */
  | { kind: "stuck"; reason: string; isVolume: boolean }
  /** It has ended, so if the build tells nothing by now it will not. */
  | { kind: "ended"; reason: string }
  /** The app's own steps have ended it. */
  | { kind: "failed"; failure: BuildFailure };

/** Other builds end, and clusters grow: so long it is waited for room on a node. */
const roomPatienceMs = 600_000;

/** Judges a pod at a time (ms since the epoch). */
export function judgePod(pod: Pod, images: PodImages, now: number): PodState {
  const { phase, reason, message } = pod.status ?? {};
  if (isOutOfMemory(pod, container.steps)) return { kind: "failed", failure: outOfMemory() };
  if (phase === "Failed" && reason !== undefined) return { kind: "ended", reason: podFailure(reason, message ?? "") };
  let waitsFor: string | null = null;
  for (const { name, image } of images) {
    const end = containerStatusOf(pod, name)?.state?.terminated;
    const isCopy = name !== container.steps && name !== container.berth;
    if (end !== undefined && (!isCopy || end.exitCode !== 0)) return { kind: "ended", reason: endText(name, end) };
    const pending = end === undefined ? pendingOf(pod, name, image) : null;
    if (pending === null) continue;
    const clause = pending.reason.replace(/^it /, "");
    const isVolume = /persistentvolumeclaim|volume node affinity|storageclass/i.test(clause);
    const isRoom = clause.startsWith("fits on") && !isVolume;
    const givenUpAt = isRoom ? timeOf(pod.metadata.creationTimestamp) + roomPatienceMs : pending.givenUpAt;
    const told = clause.replace(/^its /, "cannot start: its ");
    if (now >= givenUpAt) return { kind: "stuck", reason: told, isVolume };
    const isUnderWay = /^(waits for a node|is being prepared)/.test(clause);
    waitsFor ??= isUnderWay ? null : told;
  }
  return { kind: "going", waitsFor };
}

function isOutOfMemory(pod: Pod, name: string): boolean {
  return containerStatusOf(pod, name)?.state?.terminated?.reason === "OOMKilled";
}

function outOfMemory(): BuildFailure {
  return {
    step: "build",
    message: `The build took more than its ${sizeText(stepLimits.mostMemoryBytes)} of memory and was ended`,
    hint: "Let the build need less, for example by fewer things at once.",
    exitCode: null,
    lines: [],
  };
}

function endText(name: string, { exitCode, reason }: { exitCode: number; reason?: string }): string {
  if (reason === "OOMKilled") return "took more memory than Berth's own part may";
  if (name === container.berth) return `has ended before the build did (exit code ${exitCode})`;
  if (name === container.steps) return `has lost the container of its steps (exit code ${exitCode})`;
  return `could not take ${name.replace(/^copy-/, "")} from its image (exit code ${exitCode})`;
}
