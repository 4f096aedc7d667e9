import { type Actor, checkEnvironmentName, type DeployRequest, type Operation } from "@berth/core";
import { parseCommit, workingTreeOrigin } from "../objects/commit.ts";
import { checkDeployable } from "../objects/inspect.ts";
import type { ObjectReader } from "../objects/reader.ts";
import { makeSourceTree } from "../objects/source-tree.ts";
import { follow, type PushDeps } from "./branch.ts";
import { workingTreeRef } from "./commands.ts";
import { readBranchPlaces } from "./declared-places.ts";
import type { Push, ReceiveDeps } from "./receiver.ts";

/** Deploys what `berth deploy` made of a working tree; no branch moves. Null when it is live, or why not. */
export async function deployWorkingTree(
  deps: PushDeps,
  push: Push,
  environment: string,
  commit: string,
): Promise<string | null> {
  const { app, actor } = push;
  checkEnvironmentName(app, environment);
  const reader = deps.reader(app);
  const { tree } = parseCommit((await reader.read(commit, "commit")).content);
  const request = { ...makeRequest(reader, push, tree), environment };
  const { message } = request.origin;
  const reason = await follow(deps, push, request, await deps.deployments.deploy(request, actor), message);
  if (reason === null) await deps.refs.keep(app, workingTreeRef(environment), commit);
  return reason;
}

/**
 * Begins to deploy a tree to the environment that is its owner's alone, which is made where it is not there yet. Throws `git.failed` where
 * the repository does not have all of it.
 */
export async function deployOwn(
  deps: Pick<ReceiveDeps, "deployments" | "environments" | "places" | "reader" | "refs" | "log">,
  { app, actor }: { app: string; actor: Actor },
  tree: string,
): Promise<Operation> {
  const request = makeRequest(deps.reader(app), { app, actor }, tree);
  // Whether all of it is there.
  await request.source.list();
  const declared = await readBranchPlaces(request.source).catch(() => ({}));
  const { environment, release } = await deps.places.holdOwn(app, actor.person, declared);
  const deploying = deps.deployments.deploy({ ...request, environment, kind: "dev" }, actor);
  void deploying
    .then(async ({ done }) => keep(await done))
    .catch((error: unknown) => deps.log.warn({ err: error, app, environment }, "a working tree could not be kept"))
    .finally(release);
  return (await deploying).operation;

  async function keep({ state }: Operation): Promise<void> {
    // Somebody may have removed the environment, with its refs, just now.
    if (state !== "succeeded" || (await deps.environments.get(app, environment)) === null) return;
    await deps.refs.keep(app, workingTreeRef(environment), tree);
  }
}

/** What a tree of a working folder asks for. */
function makeRequest(
  reader: ObjectReader,
  { app, actor }: { app: string; actor: Actor },
  tree: string,
): Omit<DeployRequest, "environment"> {
  const source = makeSourceTree(reader, tree);
  return {
    app,
    origin: workingTreeOrigin(tree, actor.person),
    source,
    ref: null,
    check: () => checkDeployable(source),
    // A folder is deployed as it is now, whatever it was before.
    includes: async (older) => older.ref === null,
  };
}
