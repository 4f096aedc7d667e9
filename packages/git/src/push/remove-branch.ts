import { BerthError, production } from "@berth/core";
import { fetchFirst, follow, type PushDeps } from "./branch.ts";
import type { Push } from "./receiver.ts";

/** Removes a branch with its environment. Null when both are gone, or why not. */
export async function removeBranch(deps: PushDeps, push: Push, branch: string): Promise<string | null> {
  const { app, actor, command } = push;
  if ((await deps.apps.get(app))?.defaultBranch === branch) throw isProduction(app, branch);
  if ((await deps.refs.read(app, branch)) !== command.oldOid) return fetchFirst;
  const environment = await deps.environments.findByBranch(app, branch);
  if (environment === null) {
    await deps.refs.move(app, branch, null);
    return null;
  }
  if (environment.kind === "lasting") {
    await deps.refs.move(app, branch, null);
    push.tell(
      `berth   ${environment.name} stays, for it is no preview: berth environments delete ${environment.name} removes it`,
    );
    return null;
  }
  // Another branch may have been made the app's default since.
  if (environment.name === production) throw isProduction(app, branch);
  const scope = { app, environment: environment.name };
  const started = await deps.deployments.removeEnvironment(scope, actor);
  return follow(deps, push, scope, started, `removing it with the branch ${branch}`);
}

function isProduction(app: string, branch: string): BerthError {
  return new BerthError("conflict", `${branch} is production of ${app} and cannot be deleted by a push.`, {
    path: branch,
    hint: `berth destroy --app ${app} removes the whole app.`,
  });
}
