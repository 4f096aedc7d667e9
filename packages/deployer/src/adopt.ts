import {
  type AdoptRequest,
  adoptChanges,
  BerthError,
  type Drift,
  forgetAdopted,
  type Release,
  type Scope,
  type ServiceChange,
  type Snapshot,
} from "@berth/core";
import { carryRelease } from "./carry-release.ts";
import { chooseChanges } from "./choose-changes.ts";
import type { DeployerDeps } from "./deps.ts";
import { findEnvironment, findLive } from "./find.ts";
import { loadGeneration } from "./generation.ts";
import type { OperationContext } from "./operations.ts";
import { isSameContent, tellOverrides } from "./stored-overrides.ts";

/** Lays what was changed by hand over what is live: a release that runs other workloads, which the one before stays warm beside. */
export async function adopt(context: OperationContext, request: Scope & AdoptRequest): Promise<void> {
  const { deps, timeline } = context;
  const scope: Scope = { app: request.app, environment: request.environment };
  const { release: live, snapshot, revision, changes, refused } = await adoptedLive(deps, request);
  for (const each of refused) timeline.line("release", `not kept: ${refusedText(each)}`);
  if (isSameContent(live.snapshot, snapshot)) {
    const what = request.reset ? "has nothing that was adopted" : "says so already";
    timeline.line("release", `v${live.version} ${what}`);
    return;
  }
  const isScale = changes.length > 0 && changes.every(({ change }) => /^(?:instances|scale)$/.test(change.kind));
  // A scale is no content: a rollback skips it.
  const kind = isScale ? "scale" : "adopt";
  const carries = isScale ? (live.carries ?? live.version) : null;
  await carryRelease(context, { ...scope, kind, carries, snapshot, origin: live.origin }, revision, (version) => {
    const what = request.reset ? "without what was adopted" : "with what was changed by hand";
    timeline.line("release", `v${version} is v${live.version} ${what}`);
    tellOverrides(context, snapshot);
  });
}

export interface AdoptedLive {
  release: Release;
  snapshot: Snapshot;
  revision: number;
  changes: readonly ServiceChange[];
  refused: readonly { object: string; path: string; refusal: string }[];
}

/** What is live, and what it would be with the changes that are asked for. Throws where that cannot be. */
export async function adoptedLive(
  deps: DeployerDeps,
  { app, environment, objects, reset }: Scope & AdoptRequest,
): Promise<AdoptedLive> {
  const scope: Scope = { app, environment };
  const place = await findEnvironment(deps.store, scope);
  const release = await findLive(deps.store, place, "Push a commit first: then there is something to change.");
  const { revision } = place;
  if (reset) {
    return { release, snapshot: forgetAdopted(release.snapshot), revision, changes: [], refused: [] };
  }
  const { services } = await loadGeneration(deps, release, place.cluster);
  const workloads = new Map(services.map(({ workload }) => [workload.id, workload.service]));
  const drift = deps.runtime.drift?.(scope) ?? [];
  const since = release.liveAt ?? 0;
  const { changes, refused } = chooseChanges(drift, { since, workloads, objects });
  if (changes.length === 0) throw nothingToKeep(drift, refused, release.version, objects);
  return { release, snapshot: adoptChanges(release.snapshot, changes), revision, changes, refused };
}

/** The path is empty where the whole object is gone. */
function refusedText({ object, path, refusal }: AdoptedLive["refused"][number]): string {
  return `${path === "" ? object : `${object} ${path}`}: ${refusal}`;
}

function nothingToKeep(
  drift: readonly Drift[],
  refused: AdoptedLive["refused"],
  version: number,
  objects: readonly string[],
): BerthError {
  if (refused.length > 0) {
    return new BerthError("input.invalid", "Nothing of what was changed by hand can be kept.", {
      details: refused.map(refusedText),
      hint: "What is to stay has to come from berth.yaml.",
    });
  }
  const what = objects.length === 0 ? "Nothing" : `Nothing of ${objects.join(" and ")}`;
  const before = drift.length === 0 ? "" : "; what was changed before is not of it";
  return new BerthError("not-found", `${what} was changed by hand since v${version} became live${before}.`, {
    hint: "Make the change, wait until `berth drift` tells of it, and adopt it then.",
  });
}
