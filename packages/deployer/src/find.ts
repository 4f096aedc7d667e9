import { BerthError, type Environment, type Release, type Scope, type Store } from "@berth/core";

/** Throws `environment.not-found`. */
export async function findEnvironment(store: Pick<Store, "environments">, scope: Scope): Promise<Environment> {
  const environment = await store.environments.get(scope.app, scope.environment);
  if (environment !== null) return environment;
  throw new BerthError("environment.not-found", `${scope.app} has no environment ${scope.environment}.`, {
    path: "environment",
    hint: `\`berth environments list --app ${scope.app}\` shows those there are.`,
  });
}

/** The release that an environment serves. Throws `release.not-found`, with what to do. */
export async function findLive(
  store: Pick<Store, "releases">,
  { app, name, live }: Environment,
  hint: string,
): Promise<Release> {
  if (live === null) throw nothingLive({ app, environment: name }, hint);
  return await findRelease(store, { app, environment: name }, live);
}

export function nothingLive({ app, environment }: Scope, hint: string): BerthError {
  return new BerthError("release.not-found", `Nothing is live in ${environment} of ${app}.`, { hint });
}

/** Throws `release.not-found`, with the hint where there is one. */
export async function findRelease(
  store: Pick<Store, "releases">,
  scope: Scope,
  version: number,
  hint?: string,
): Promise<Release> {
  const release = await store.releases.get(scope, version);
  if (release !== null) return release;
  const message = `${scope.app} has no release v${version} in ${scope.environment}.`;
  throw new BerthError("release.not-found", message, hint === undefined ? {} : { hint });
}
