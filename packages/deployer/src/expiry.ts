import { type Environment, expiresAt, judgeExpiry, type Scope, usageBucketMs } from "@berth/core";
import { type DeployerDeps, scopeKey } from "./deps.ts";
import type { NoteUses } from "./uses.ts";

/** As often as what services take is kept: a use is noted no later, and what nobody uses goes that soon after its time. */
const lookEveryMs = usageBucketMs;
/**
 * While nothing could be used, nothing could be kept either: after a start everyone has this long to say so, and also where a look comes later
 * than it should by as much: this machine slept, or its clock was set forward.
 */
const graceMs = 3_600_000;

export interface ExpiryDeps extends Pick<DeployerDeps, "clock" | "log"> {
  store: Pick<DeployerDeps["store"], "environments">;
  noteUses: NoteUses;
  /** Removes an environment, as a person would, unless it was used in the meantime. */
  remove(scope: Scope): Promise<void>;
}

/** Removes what nobody has used for too long, until `stopping` aborts. Resolves then, with the last uses noted. */
export async function runExpiry(deps: ExpiryDeps, stopping: AbortSignal): Promise<void> {
  const { store, clock, log, noteUses, remove } = deps;
  let graceFrom = clock.now();
  let lookedAt = graceFrom;
  let told: ReadonlySet<string> = new Set();

  async function pass() {
    const now = clock.now();
    if (Math.abs(now - lookedAt) > graceMs) graceFrom = now;
    lookedAt = now;
    await noteUses();
    const { expired, soon } = judgeExpiry(await store.environments.listShortLived(), now);
    tell([...expired, ...soon]);
    if (now - graceFrom < graceMs) return;
    for (const { app, name } of expired) {
      const scope = { app, environment: name };
      await remove(scope).catch((error: unknown) => log.error({ err: error, ...scope }, "it could not be removed"));
    }
  }

  function tell(soon: readonly Environment[]) {
    for (const environment of soon) {
      const { app, name } = environment;
      if (told.has(keyOf(environment))) continue;
      const at = new Date(expiresAt(environment)!).toISOString();
      log.info({ app, environment: name, at }, "an environment is removed soon, unless it is used");
    }
    told = new Set(soon.map(keyOf));
  }

  while (!stopping.aborted) {
    await clock.sleep(lookEveryMs, stopping);
    const work = stopping.aborted ? noteUses() : pass();
    await work.catch((error: unknown) => log.error({ err: error }, "what nobody uses could not be looked at"));
  }
}

function keyOf({ app, name }: Environment): string {
  return scopeKey({ app, environment: name });
}
