import {
  type DeployRequest,
  type Environment,
  makeSnapshot,
  type Release,
  type ReleaseDiff,
  type Scope,
  shortDiffLines,
  type Snapshot,
} from "@berth/core";
import { buildServices, type BuildSource } from "./build-services.ts";
import { lookAtConfig } from "./config/choose-config.ts";
import type { DeployerDeps } from "./deps.ts";
import { compare, compareCode, type Subject } from "./diff.ts";
import type { OperationContext } from "./operations.ts";
import { type EnvironmentPlan, planEnvironment } from "./environment-plan.ts";
import type { Pins } from "./pins.ts";
import type { Rooms } from "./room.ts";
import { carryOverrides } from "./stored-overrides.ts";

/** What a release will consist of, on top of what is live. */
export interface Prepared {
  /** With the values that are stored now, but what has to be drawn first: they are chosen when the release is written. */
  snapshot: Snapshot;
  live: Release | null;
  plan: EnvironmentPlan;
}

/** Builds what a release of a source consists of, unless there is no room for its environment, and tells what is otherwise than in what is live. */
export async function prepareRelease(
  context: OperationContext,
  scope: Scope,
  request: BuildSource & Pick<DeployRequest, "kind">,
  environment: Environment | null,
  { pins, rooms }: { pins: Pins; rooms: Rooms },
): Promise<Prepared> {
  const { deps } = context;
  const live = environment?.live == null ? null : await deps.store.releases.get(scope, environment.live);
  // While it is built.
  const code = compareCode(deps, scope.app, live, request.origin);
  const plan = await planEnvironment(
    context,
    { environment: scope.environment, source: request.source },
    environment?.kind ?? request.kind ?? null,
  );
  if (environment === null) await rooms.check(scope.app, plan);
  const place = { app: scope.app, name: scope.environment, kind: plan.kind };
  const held = live?.snapshot.held;
  const { content, planned } = await buildServices(context, request, plan, { place, held, pins });
  const specs = content.services.map(({ spec }) => spec);
  const chosen = await lookAtConfig(deps, place, specs, held);
  const snapshot = makeSnapshot(
    { ...content, ...chosen },
    carryOverrides(context, content.services, live?.snapshot ?? {}),
  );
  await tellDiff(context, scope, live, { version: null, origin: request.origin, snapshot, planned }, code);
  return { snapshot, live, plan };
}

/** Tells in a few lines what is otherwise than in what is live. That it cannot be compared is no reason not to deploy. */
export async function tellDiff(
  { deps, timeline }: Pick<OperationContext, "deps" | "timeline">,
  scope: Scope,
  live: Release | null,
  after: Subject,
  code = compareCode(deps, scope.app, live, after.origin),
): Promise<void> {
  const diff = await compareOrNull(deps, scope, live, after, code);
  for (const { subject, text } of diff === null ? [] : shortDiffLines(diff))
    timeline.line("diff", text, subject === "" ? undefined : subject);
}

async function compareOrNull(
  deps: DeployerDeps,
  scope: Scope,
  ...sides: [before: Release | null, after: Subject, code: ReturnType<typeof compareCode>]
): Promise<ReleaseDiff | null> {
  return await compare(deps, scope, ...sides).catch((error: unknown) => {
    deps.log.warn({ err: error, ...scope }, "a release could not be compared with what is live");
    return null;
  });
}
