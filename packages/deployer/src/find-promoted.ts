import {
  BerthError,
  type EnvironmentKind,
  kindOfNew,
  type PromoteRequest,
  type Release,
  type ReleasedService,
  type Scope,
  type Snapshot,
  unfitHint,
} from "@berth/core";
import { planOf } from "./build-services.ts";
import { type ConfigPlace, placeOf } from "./config/choose-config.ts";
import type { DeployerDeps } from "./deps.ts";
import { findEnvironment, findLive, findRelease } from "./find.ts";

/** What a promotion brings: the release, and its content as it is declared for where it comes to. Throws where it cannot be promoted. */
export async function findPromoted(
  deps: DeployerDeps,
  { app, environment, from, version }: PromoteRequest,
): Promise<{ release: Release; content: Pick<Snapshot, "services" | "release"> }> {
  if (from === environment)
    throw new BerthError("input.invalid", `${from} cannot be promoted to itself.`, {
      hint: "To bring back an earlier release of it: berth rollback v11",
    });
  const scope: Scope = { app, environment: from };
  const found = await findEnvironment(deps.store, scope);
  const release =
    version === null
      ? await findLive(deps.store, found, `Deploy to ${from} first.`)
      : await findRelease(deps.store, scope, version);
  if (release.liveAt === null)
    throw new BerthError("release.not-restorable", `v${release.version} of ${from} never became live.`, {
      hint: "A release that was live once can be promoted.",
    });
  const place = placeOf({ app, environment }, await deps.store.environments.get(app, environment));
  return { release, content: await planContent(deps, release, place) };
}

/** The services of a release as its source declares them, with the images that it has. */
async function planContent(
  deps: DeployerDeps,
  release: Release,
  place: ConfigPlace,
): Promise<Pick<Snapshot, "services" | "release">> {
  const { app, origin, snapshot } = release;
  const source = await deps.openTree(app, origin.commit ?? origin.tree);
  const plan = await planOf(deps, source, place);
  const images = new Map(snapshot.services.map(({ spec, image }) => [spec.name, image]));
  const services = plan.services.map(({ spec }): ReleasedService => {
    const image = images.get(spec.name);
    if (image !== undefined) return { spec, image };
    throw new BerthError(
      "release.not-restorable",
      `v${release.version} of ${release.environment} has no image of ${spec.name}.`,
      { path: spec.name, hint: "Push its commit to where it is to go: it is built there." },
    );
  });
  for (const { spec, image } of services) await checkImage(deps, release, spec.name, image);
  return { services, ...(plan.release != null && { release: plan.release }) };
}

async function checkImage(
  { images }: DeployerDeps,
  { version, environment }: Release,
  service: string,
  image: ReleasedService["image"],
): Promise<void> {
  const what = `The image of ${service} in v${version} of ${environment}`;
  if (!(await images.has(image)))
    throw new BerthError("release.not-restorable", `${what} is gone.`, {
      path: image,
      hint: "Push its commit again: it is built anew.",
    });
  const why = await images.unfit(image);
  if (why !== null)
    throw new BerthError("image.unfit", `${what} does not run here: ${why}`, { path: image, hint: unfitHint });
}
