import { defaultCluster, type Environment, type Release, type Scope } from "@berth/core";
import { carryRelease } from "./carry-release.ts";
import type { DeployerDeps } from "./deps.ts";
import { findEnvironment, findLive } from "./find.ts";
import type { OperationContext } from "./operations.ts";

const lookEveryMs = 100;
/** Beyond the time that instances may take to end, until it is told that they are still there. */
const slackMs = 60_000;

/**
 * Moves an environment: a release with the same content whose place is another cluster, so other workloads beside those that run.
 * It is rolled out as any release. The store moves `live` and the environment's cluster in one step, and from then on whatever
 * runs elsewhere is nobody's: the environment's loop takes it down, now or after a crash.
 */
export async function move(context: OperationContext, request: Scope & { cluster: string }): Promise<void> {
  const { deps, timeline } = context;
  const scope: Scope = { app: request.app, environment: request.environment };
  const { environment, live, to } = await findMove(deps, request);
  const { cluster: from } = environment;
  if (from === to) return timeline.line("release", `v${live.version} is on ${nameOf(to)} already`);
  // What runs where it comes from has to be known: it is to stay until the flip.
  await deps.runtime.observe(scope);
  const { snapshot, origin, version: before } = live;
  const carries = live.carries ?? before;
  await carryRelease(
    context,
    { ...scope, kind: "move", carries, snapshot, cluster: to, origin },
    environment.revision,
    (version) => timeline.line("release", `v${version} is v${before} on ${nameOf(to)}, from ${nameOf(from)}`),
  );
  await untilGone(context, scope, from, Math.max(0, ...live.snapshot.services.map(({ spec }) => spec.stopGraceMs)));
}

/** What is moved and where to. Throws where that cannot be. */
export async function findMove(
  { store, findCluster }: Pick<DeployerDeps, "store" | "findCluster">,
  { app, environment: name, cluster }: Scope & { cluster: string },
): Promise<{ environment: Environment; live: Release; to: string | null }> {
  const environment = await findEnvironment(store, { app, environment: name });
  const live = await findLive(store, environment, "Push a commit first: what is live can be moved.");
  const to = await findCluster(cluster);
  return { environment, live, to };
}

/** Waits until nothing runs any more where an environment came from, as long as that may take. */
async function untilGone(
  { deps, environments, timeline, stopping }: OperationContext,
  scope: Scope,
  from: string | null,
  graceMs: number,
): Promise<void> {
  const { runtime, clock } = deps;
  const end = timeline.start("route", "");
  const deadline = clock.now() + slackMs + graceMs;
  while (clock.now() < deadline && !stopping.aborted) {
    const { workloads } = await runtime.observe(scope);
    const isLeft = [...workloads.values()].some(({ cluster = null }) => cluster === from);
    if (!isLeft) {
      // A runtime forgets a workload a little before its last instance has ended; the loop waits for that.
      await environments.keeper(scope).look();
      return end(`nothing runs on ${nameOf(from)} any more`);
    }
    await clock.sleep(lookEveryMs, stopping);
  }
  end(`something still runs on ${nameOf(from)}; it is taken down as soon as that can be`);
}

function nameOf(cluster: string | null): string {
  return cluster ?? defaultCluster;
}
