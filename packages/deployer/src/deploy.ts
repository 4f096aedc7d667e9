import { type DeployRequest, expiresAt, judgeExpiry, type Scope } from "@berth/core";
import { tellHeld } from "./config/tell-config.ts";
import { createRelease } from "./create-release.ts";
import { ensureEnvironment, followRules } from "./ensure-environment.ts";
import { tellPreview } from "./environment-plan.ts";
import { followRelease } from "./follow-release.ts";
import type { OperationContext } from "./operations.ts";
import { makePins } from "./pins.ts";
import { prepareRelease } from "./prepare-release.ts";
import type { Rooms } from "./room.ts";
import { spanText } from "./span-text.ts";
import { tellOverrides } from "./stored-overrides.ts";

/**
 * The way of a push, under the environment's lock: check, detect, build what is new, write the release, roll it out.
 * Whatever throws before the release is written leaves everything as it was; from then on the environment's loop decides.
 */
export async function deploy(context: OperationContext, request: DeployRequest, rooms: Rooms): Promise<void> {
  const { deps, timeline, stopping, beside } = context;
  const scope: Scope = { app: request.app, environment: request.environment };
  stopping.throwIfAborted();
  await request.check();
  const pins = makePins(context);
  const before = await deps.store.environments.get(scope.app, scope.environment);
  const { snapshot, live, plan } = await prepareRelease(context, scope, request, before, { pins, rooms });
  const environment = await ensureEnvironment(context, request, plan, rooms);
  const content = { kind: "deploy" as const, snapshot, origin: request.origin };
  const release = await createRelease(context, environment, content, live?.snapshot.held);
  timeline.line("release", `v${release.version}`);
  tellPreview(context, plan, before === null);
  tellOverrides(context, release.snapshot);
  tellHeld(context, release.snapshot);
  await followRelease(context, release);
  await followRules(context, environment, plan);
  await tellExpiring(context, scope);
  beside(pins.keep());
  beside(deps.images.publishRelease(release, stopping));
}

/** Whoever pushes to an app is likely to know whether somebody still needs its other previews. */
async function tellExpiring({ deps, timeline }: OperationContext, { app, environment }: Scope): Promise<void> {
  const now = deps.clock.now();
  const others = (await deps.store.environments.list(app)).filter(({ name }) => name !== environment);
  const { soon } = judgeExpiry(others, now);
  if (soon.length === 0) return;
  const names = soon.map((one) => `${one.name} in ${spanText(expiresAt(one)! - now)}`);
  timeline.line("release", `soon removed, for nobody uses them: ${names.join(", ")} (berth environments keep <name>)`);
}
