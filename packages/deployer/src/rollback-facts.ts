import {
  commandsSince,
  contentOf,
  type Digest,
  type Environment,
  type ImageTrouble,
  judgeRollback,
  judgeRoom,
  type OperationEvent,
  type PastRelease,
  type Release,
  type RollbackVerdict,
  type Scope,
  succeededText,
} from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import { hasCommands } from "./release-command.ts";

const pageSize = 100;

/** What a rollback of an environment to this deploy would do, and whether it is safe. Throws `cluster.unreachable`. */
export async function verdictOf(
  deps: DeployerDeps,
  target: Release,
  { app, name: environment, cluster, live }: Environment,
  { undo }: { undo: boolean },
): Promise<RollbackVerdict> {
  const served = live === null ? null : await deps.store.releases.get({ app, environment }, live);
  const further = judgeRoom(target, served?.snapshot ?? null, deps.runtime.quota?.(cluster) ?? null);
  const history = await loadHistory(deps, target);
  const done = undo ? commandsSince(history, target.version).done : [];
  const images = await lookAtImages(deps, [
    ...target.snapshot.services.map(({ image }) => image),
    ...done.flatMap(({ snapshot: { services, release } }) =>
      release?.undo === undefined
        ? []
        : services.filter(({ spec }) => spec.name === release.service).map(({ image }) => image),
    ),
  ]);
  return judgeRollback({ target, history, images, cluster, further }, { undo });
}

/** The releases of an environment, from the oldest to the newest. What commands did is only looked up where it was since a content was last live. */
async function loadHistory(deps: DeployerDeps, target: Release): Promise<PastRelease[]> {
  const releases = (await listAll(deps, target)).toReversed();
  const last = releases.findLastIndex((release) => release.liveAt !== null && contentOf(release) === target.version);
  return await Promise.all(
    releases.map((release, at) =>
      at > last && hasCommands(release) ? lookUp(deps, release) : { release, command: "none" as const, undone: 0 },
    ),
  );
}

async function listAll({ store }: DeployerDeps, scope: Scope): Promise<Release[]> {
  const all: Release[] = [];
  for (;;) {
    const last = all.at(-1)?.version;
    const page = await store.releases.list(scope, { limit: pageSize, ...(last !== undefined && { after: last }) });
    all.push(...page);
    if (page.length < pageSize) return all;
  }
}

/** What the commands of a release have done, as their timeline tells. */
async function lookUp({ store }: DeployerDeps, release: Release): Promise<PastRelease> {
  const undoes = release.snapshot.undoes ?? [];
  if ((await store.operations.get(release.operation)) === null) {
    // Its timeline is kept no more: what became live had all of its commands succeed.
    const isLive = release.liveAt !== null;
    const command = undoes.length > 0 || !isLive ? "none" : "succeeded";
    return { release, command, undone: isLive ? undoes.length : 0 };
  }
  const events = await store.operations.events(release.operation, 0);
  const ends = events.filter((event) => isOfCommand(event) && event.kind === "end").map(({ text }) => text);
  if (undoes.length > 0)
    return { release, command: "none", undone: ends.filter((text) => text === succeededText).length };
  const hasBegun = events.some((event) => isOfCommand(event) && event.kind === "start");
  if (!hasBegun || release.state === "pending") return { release, command: "none", undone: 0 };
  return { release, command: ends.includes(succeededText) ? "succeeded" : "failed", undone: 0 };
}

function isOfCommand({ phase, service }: OperationEvent): boolean {
  return phase === "release" && service !== null;
}

async function lookAtImages(
  { images }: Pick<DeployerDeps, "images">,
  digests: readonly Digest[],
): Promise<Map<Digest, ImageTrouble>> {
  const looked = [...new Set(digests)].map(async (digest): Promise<[Digest, ImageTrouble]> => {
    if (!(await images.has(digest))) return [digest, { kind: "gone" }];
    const why = await images.unfit(digest);
    return [digest, why === null ? null : { kind: "unfit", why }];
  });
  return new Map(await Promise.all(looked));
}
