import type { Digest } from "../../artifact.ts";
import { commandText } from "../../command.ts";
import { production } from "../../names.ts";
import type { Release } from "../../release.ts";
import type { Scope } from "../../runtime.ts";
import { unfitHint } from "../fit.ts";
import { commandsSince, contentOf, type PastRelease } from "./commands-since.ts";

/**
 * - `note`: to know, and no obstacle
 * - `blocks`: not without a word of whoever asks for it
 * - `impossible`: no word helps
 */
export type FindingWeight = "note" | "blocks" | "impossible";

export type RollbackFindingKind =
  | "command"
  | "command-safe"
  | "command-failed"
  | "command-undone"
  | "undo"
  | "undo-image"
  | "image-gone"
  | "image-unfit"
  | "quota"
  | "cluster";

/** One thing about a rollback that one should know before it. */
export interface RollbackFinding {
  kind: RollbackFindingKind;
  weight: FindingWeight;
  /** The release that it is about. */
  version: number;
  /** The service that it is about; null: all of the release. */
  service: string | null;
  /** A sentence. */
  message: string;
  /** What to do about it; null: nothing has to be done. */
  hint: string | null;
}

/** What to type for a rollback. */
export function rollbackLine({ app, environment, version }: Scope & { version: number }, option: string): string {
  const place = environment === production ? `--app ${app}` : `--app ${app} --env ${environment}`;
  return `berth rollback v${version} ${place} ${option}`;
}

/** What a rollback would do, and whether it is to be done. */
export interface RollbackVerdict extends Scope {
  /** The deploy whose content would come back. */
  version: number;
  outcome: "safe" | "blocked";
  /** Whether `force` would have it done all the same. */
  canForce: boolean;
  /** Versions whose undo commands would run, in this order. */
  undoes: readonly number[];
  findings: readonly RollbackFinding[];
}

/** What is wrong with an image; null: nothing. */
export type ImageTrouble = { kind: "gone" } | { kind: "unfit"; why: string } | null;

/** What a verdict is made of. */
export interface RollbackFacts {
  /** The deploy whose content would come back. */
  target: Release;
  /** All releases that are kept, from the oldest to the newest. */
  history: readonly PastRelease[];
  /** Of each image that would run, an undo command's too. */
  images: ReadonlyMap<Digest, ImageTrouble>;
  /** The registered cluster that the environment is on. */
  cluster: string | null;
  /** What else was found, such as a quota that it does not fit in. */
  further?: readonly RollbackFinding[];
}

/** Whether to take back what release commands did: where not, what they did stays. */
export interface RollbackOptions {
  undo: boolean;
}

/** Says of a rollback before it is begun whether it is safe, and if not, why. */
export function judgeRollback(facts: RollbackFacts, { undo }: RollbackOptions): RollbackVerdict {
  const { target, history } = facts;
  const commands = commandsSince(history, target.version);
  const { findings: undoFindings, undoes } = planUndoes(facts, commands.done, undo);
  const findings = [
    ...imageFindings(facts),
    ...undoFindings,
    ...commands.undone.map(({ version, by }) => undoneFinding(target, version, by)),
    ...commands.failed.map(failedFinding),
    ...clusterFindings(facts),
    ...(facts.further ?? []),
  ];
  const isPossible = findings.every(({ weight }) => weight !== "impossible");
  const isSafe = findings.every(({ weight }) => weight === "note");
  const { app, environment, version } = target;
  return {
    app,
    environment,
    version,
    outcome: isSafe ? "safe" : "blocked",
    canForce: isPossible,
    undoes,
    findings,
  };
}

/**
 * The undo commands that would run, newest first: each takes away what the one below stands on, so none runs below one that cannot.
 */
function planUndoes(
  { target, images }: RollbackFacts,
  done: readonly Release[],
  undo: boolean,
): { findings: RollbackFinding[]; undoes: number[] } {
  const findings: RollbackFinding[] = [];
  const undoes: number[] = [];
  let isOpen = undo;
  for (const release of done) {
    const { version, snapshot } = release;
    const declared = snapshot.release!;
    const about = { version, service: declared.service };
    if (declared.rollback === "safe") {
      const message = `${ran(release)}; berth.yaml says that the releases before work with what it did.`;
      findings.push({ ...about, kind: "command-safe", weight: "note", message, hint: null });
      continue;
    }
    const image = snapshot.services.find(({ spec }) => spec.name === declared.service)?.image;
    const trouble = image === undefined ? null : (images.get(image) ?? null);
    if (!undo) {
      const message = `${ran(release)}. What it did stays, as asked for.`;
      findings.push({ ...about, kind: "command", weight: "note", message, hint: null });
    } else if (declared.undo === undefined) {
      isOpen = false;
      const message = `${ran(release)}, and berth.yaml had no release.undo that takes it back.`;
      const hint = `If v${target.version} works with what it did: ${rollbackLine(target, "--force")}`;
      findings.push({ ...about, kind: "command", weight: "blocks", message, hint });
    } else if (trouble !== null) {
      isOpen = false;
      const message = `${ran(release)}, and its undo command (${commandText(declared.undo)}) cannot run: ${troubleText(trouble)}`;
      const hint = `If v${target.version} works with what it did: ${rollbackLine(target, "--no-undo")}`;
      findings.push({ ...about, kind: "undo-image", weight: "blocks", message, hint });
    } else if (isOpen) {
      undoes.push(version);
      const message = `${ran(release)}. Its undo command runs first: ${commandText(declared.undo)}`;
      findings.push({ ...about, kind: "undo", weight: "note", message, hint: null });
    } else {
      const message = `${ran(release)}. Its undo command would not run, for one above it has none that can: ${commandText(declared.undo)}`;
      findings.push({ ...about, kind: "undo", weight: "note", message, hint: null });
    }
  }
  return { findings, undoes };
}

function imageFindings({ target, images }: RollbackFacts): RollbackFinding[] {
  return target.snapshot.services.flatMap(({ spec, image }): RollbackFinding[] => {
    const trouble = images.get(image) ?? null;
    if (trouble === null) return [];
    const about = { version: target.version, service: spec.name, weight: "impossible" as const };
    return trouble.kind === "gone"
      ? [
          {
            ...about,
            kind: "image-gone",
            message: `The image of ${spec.name} in v${target.version} is gone.`,
            hint: "Push its commit again: it is built anew.",
          },
        ]
      : [
          {
            ...about,
            kind: "image-unfit",
            message: `The image of ${spec.name} in v${target.version} does not run here: ${trouble.why}`,
            hint: unfitHint,
          },
        ];
  });
}

function clusterFindings({ target, history, cluster }: RollbackFacts): RollbackFinding[] {
  const ran = history.findLast(({ release }) => release.liveAt !== null && contentOf(release) === target.version);
  const before = ran?.release.cluster ?? null;
  if (ran === undefined || before === cluster) return [];
  const message = `v${target.version} was last live on ${before ?? "the default cluster"}, and the environment is on ${cluster ?? "the default cluster"} now: it comes back there.`;
  return [{ kind: "cluster", weight: "note", version: target.version, service: null, message, hint: null }];
}

function undoneFinding(target: Release, version: number, by: number): RollbackFinding {
  const whose = version === target.version ? "its own release command" : `the release command of v${version}`;
  return {
    kind: "command-undone",
    weight: "blocks",
    version,
    service: null,
    message: `v${target.version} ran with what ${whose} did, and v${by} has taken that back: a rollback does not run it again.`,
    hint: `Push the commit of v${target.version} instead: a push runs the release command.`,
  };
}

function failedFinding(release: Release): RollbackFinding {
  return {
    kind: "command-failed",
    weight: "note",
    version: release.version,
    service: release.snapshot.release?.service ?? null,
    message: `v${release.version}'s release command has failed since, and may have done part of what it does: ${commandOf(release)}`,
    hint: null,
  };
}

function ran(release: Release): string {
  const at = new Date(release.createdAt).toISOString().slice(0, 16).replace("T", " ");
  return `v${release.version}'s release command has run since (${commandOf(release)}, ${at} UTC, by ${release.createdBy})`;
}

function commandOf({ snapshot }: Release): string {
  return snapshot.release === undefined ? "none" : commandText(snapshot.release.command);
}

function troubleText(trouble: NonNullable<ImageTrouble>): string {
  return trouble.kind === "gone" ? "its image is gone." : trouble.why;
}
