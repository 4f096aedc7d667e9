import type { Environment, Release } from "@berth/core";
import type { DeployerDeps } from "./deps.ts";

/** What git's ref has to say once this release is live; null where the release is not a commit of the environment's branch. */
export function refOf(environment: Environment, release: Release): Environment["pendingRef"] {
  const { commit, branch } = release.origin;
  return commit !== null && branch !== null && branch === environment.branch ? { branch, commit } : null;
}

/** Lets git's ref follow what became live. What fails here is made good at the next start: the store knows that it is pending. */
export async function moveRef(deps: DeployerDeps, environment: Environment): Promise<void> {
  const { pendingRef, app, name } = environment;
  if (pendingRef === null) return;
  await deps.refs.move(app, pendingRef.branch, pendingRef.commit);
  await deps.store.environments.clearPendingRef(app, name);
}
