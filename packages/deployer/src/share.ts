import {
  type Actor,
  BerthError,
  type Environment,
  makeShareToken,
  type Scope,
  type SharedLink,
  shareKeyOf,
  shareNames,
} from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import type { Environments } from "./environments.ts";
import { findEnvironment } from "./find.ts";

type ShareDeps = Pick<DeployerDeps, "store" | "clock" | "installationKey" | "url">;

/** Makes a link to a protected environment. Nothing of it is kept but that it was made. Throws `environment.not-found`, `conflict` where it is open. */
export async function share(
  { store, clock, installationKey, url }: ShareDeps,
  { forMs, ...scope }: Scope & { forMs: number },
  actor: Actor,
): Promise<SharedLink> {
  const environment = await findProtected(store, scope);
  const expiresAt = clock.now() + forMs;
  const token = makeShareToken(shareKeyOf(installationKey, environment), expiresAt);
  const detail = `until ${new Date(expiresAt).toISOString()}`;
  await store.audit.append({ ...scope, person: actor.person, action: "environment.share", detail });
  return { url: `${url(scope)}/?${shareNames.query}=${token}`, token, expiresAt };
}

/** Takes back every link that was given out. Resolves when no router lets anybody in by one. */
export async function revokeShares(
  { store }: Pick<DeployerDeps, "store">,
  environments: Environments,
  scope: Scope,
  actor: Actor,
): Promise<void> {
  await findProtected(store, scope);
  await store.environments.revokeShares(scope.app, scope.environment, actor);
  await environments.keeper(scope).reread();
}

async function findProtected(store: Pick<DeployerDeps["store"], "environments">, scope: Scope): Promise<Environment> {
  const environment = await findEnvironment(store, scope);
  if (environment.isProtected) return environment;
  throw new BerthError(
    "conflict",
    `${scope.environment} of ${scope.app} is open: everyone who has its address sees it.`,
    {
      path: "environment",
      hint: "`previews: { protected: true }` in berth.yaml protects previews from their next push on.",
    },
  );
}
