import { checkEnvironmentName, type DeployRequest } from "@berth/core";
import { parseCommit, workingTreeOrigin } from "../objects/commit.ts";
import { checkDeployable } from "../objects/inspect.ts";
import { makeSourceTree } from "../objects/source-tree.ts";
import { follow, type PushDeps } from "./branch.ts";
import { workingTreeRef } from "./commands.ts";
import type { Push } from "./receiver.ts";

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
  const source = makeSourceTree(reader, tree);
  const origin = workingTreeOrigin(tree, actor.person);
  const request: DeployRequest = {
    app,
    environment,
    origin,
    source,
    ref: null,
    check: () => checkDeployable(source),
    // A folder is deployed as it is now, whatever it was before.
    includes: async (older) => older.ref === null,
  };
  const reason = await follow(deps, push, request, await deps.deployments.deploy(request, actor), origin.message);
  if (reason === null) await deps.refs.keep(app, workingTreeRef(environment), commit);
  return reason;
}
