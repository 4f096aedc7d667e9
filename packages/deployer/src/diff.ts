import {
  type BaseImage,
  baseOf,
  BerthError,
  type BuildPlan,
  type CodeChange,
  type DiffedService,
  type DiffRequest,
  type DiffSide,
  diffReleases,
  type Digest,
  type Environment,
  type LockedVersion,
  kindOfNew,
  makeSnapshot,
  makeWorkload,
  type PlannedService,
  type PromoteRequest,
  type Release,
  type ReleaseDiff,
  type Scope,
  type Snapshot,
  type SourceId,
  type SourceOrigin,
  type SourceTree,
  systemActor,
  withoutRedundant,
} from "@berth/core";
import { findBuilt, planOf } from "./build-services.ts";
import { lookAtConfig, placeOf } from "./config/choose-config.ts";
import { openConfig, type OpenedConfig } from "./config/open-config.ts";
import type { DeployerDeps } from "./deps.ts";
import { findEnvironment, findRelease } from "./find.ts";
import { findPromoted } from "./find-promoted.ts";
import { neighboursOf } from "./generation.ts";
import { makePins } from "./pins.ts";
import { findOverrides } from "./stored-overrides.ts";

/** What is compared: a release, or what would become one. */
export interface Subject {
  version: number | null;
  origin: SourceOrigin;
  /** An image that is not built yet is `unbuilt`. */
  snapshot: Snapshot;
  /** Of what was just planned: how, and of which source. */
  planned?: readonly PlannedService[];
}

/** Stands for an image that is not built yet. */
const unbuilt: Digest = "sha256:unbuilt";
const never = new AbortController().signal;

/** Compares what an environment serves, or an older release, with another release or with what a source would make. */
export async function findDiff(deps: DeployerDeps, { from, to, ...scope }: DiffRequest): Promise<ReleaseDiff> {
  const environment = await deps.store.environments.get(scope.app, scope.environment);
  const before = await findBefore(deps, scope, environment, from);
  const after =
    "promoted" in to
      ? await promotedSubject(deps, { ...scope, from: to.promoted, version: to.version }, environment)
      : "version" in to
        ? await findRelease(deps.store, scope, to.version)
        : await planSubject(deps, scope, to, environment);
  return await compare(deps, scope, before, after, compareCode(deps, scope.app, before, after.origin));
}

async function findBefore(
  { store }: DeployerDeps,
  scope: Scope,
  environment: Environment | null,
  from: number | null,
): Promise<Release | null> {
  if (from === null) return environment?.live == null ? null : await store.releases.get(scope, environment.live);
  await findEnvironment(store, scope);
  return await findRelease(store, scope, from);
}

/** How the code of two sides is to each other. Begins at once; null where one of them is no commit. */
export async function compareCode(
  { compareCommits, log }: Pick<DeployerDeps, "compareCommits" | "log">,
  app: string,
  before: Pick<Release, "origin"> | null,
  { commit }: SourceOrigin,
): Promise<CodeChange | null> {
  const from = before?.origin.commit ?? null;
  if (from === null || commit === null) return null;
  return await compareCommits(app, from, commit).catch((error: unknown) => {
    log.warn({ err: error, app }, "commits could not be compared");
    return null;
  });
}

/** Compares two sides, of which the first is null where nothing is live. */
export async function compare(
  deps: DeployerDeps,
  scope: Scope,
  before: Subject | null,
  after: Subject,
  code: Promise<CodeChange | null>,
): Promise<ReleaseDiff> {
  const images = new Map(before?.snapshot.services.map(({ spec, image }) => [spec.name, image]));
  // What lockfiles name is only read where images differ.
  const isOther = (service: string, image: Digest) => images.has(service) && images.get(service) !== image;
  const others = new Set(
    after.snapshot.services.filter(({ spec, image }) => isOther(spec.name, image)).map(({ spec }) => spec.name),
  );
  const [left, right] = await Promise.all([
    before === null ? null : sideOf(deps, scope, before, others),
    sideOf(deps, scope, after, others),
  ]);
  return diffReleases(left, right, await code);
}

async function sideOf(
  deps: DeployerDeps,
  scope: Scope,
  { version, origin, snapshot, planned = [] }: Subject,
  withPackages: ReadonlySet<string>,
): Promise<DiffSide> {
  const names = neighboursOf(snapshot.services.map(({ spec }) => spec));
  const neighbours = Object.fromEntries(names.map((name) => [name, deps.neighbourUrl(0, name)]));
  const opened = await openConfig(deps, scope.app, snapshot.config ?? {});
  const place = { ...scope, cluster: null, neighbours, config: withDrawn(snapshot, opened) };
  const services = snapshot.services.map(async (service): Promise<DiffedService> => {
    const { spec, image } = service;
    const plan = planned.find((one) => one.spec.name === spec.name);
    const isBuilt = image !== unbuilt;
    const workload = isBuilt && deps.runtime.objectsOf && makeWorkload(service, place, deps.installationKey);
    return {
      // Of variables only names are told, and which have another value.
      spec: { ...spec, env: { ...spec.env, ...opened[spec.name] } },
      image: isBuilt ? image : null,
      base: await findBase(deps, image, plan?.plan),
      packages: withPackages.has(spec.name) ? await findPackages(deps, image, plan) : null,
      objects: workload ? (deps.runtime.objectsOf?.(workload, spec.scale) ?? []) : [],
    };
  });
  return { version, origin, release: snapshot.release ?? null, services: await Promise.all(services) };
}

/** The values of services, with something for what is still to be drawn: others may refer to it. Null where variables refer to nothing. */
function withDrawn({ services, config }: Snapshot, opened: OpenedConfig): OpenedConfig | undefined {
  if (config === undefined) return undefined;
  const drawn = services.map(({ spec: { name, rules = {} } }) => {
    const keys = Object.keys(rules).filter((key) => rules[key]?.generate !== undefined);
    return [name, { ...Object.fromEntries(keys.map((key) => [key, ""])), ...opened[name] }] as const;
  });
  return Object.fromEntries(drawn);
}

/** What an image lies on: of one that runs on the machine itself there is nothing to compare. */
async function findBase(
  { store, runtime }: DeployerDeps,
  image: Digest,
  plan: BuildPlan | undefined,
): Promise<BaseImage | null> {
  if (!runtime.descriptor.needsBase) return null;
  const artifact = await store.artifacts.get(image);
  if (artifact !== null) return baseOf(artifact.provenance);
  return plan?.dockerfile == null ? (plan?.base ?? null) : null;
}

async function findPackages(
  { packages, log }: DeployerDeps,
  image: Digest,
  plan: PlannedService | undefined,
): Promise<readonly LockedVersion[] | null> {
  try {
    return plan === undefined ? await packages.ofImage(image) : await packages.ofSource(plan.source, plan.plan);
  } catch (error) {
    log.warn({ err: error, image }, "what lockfiles name could not be read");
    return null;
  }
}

/** What a promotion would make of an environment. */
async function promotedSubject(
  deps: DeployerDeps,
  request: PromoteRequest,
  environment: Environment | null,
): Promise<Subject> {
  const { release, content } = await findPromoted(deps, request);
  const overrides: Awaited<ReturnType<typeof findOverrides>> =
    environment === null ? {} : await findOverrides(deps.store, environment);
  const { scales, adopted: before, held } = overrides;
  const { adopted } = withoutRedundant(content.services, before);
  const specs = content.services.map(({ spec }) => spec);
  const chosen = await lookAtConfig(deps, placeOf(request, environment), specs, held);
  const snapshot = makeSnapshot({ ...content, ...chosen }, { scales, adopted });
  return { version: null, origin: release.origin, snapshot };
}

/** What a source would make of an environment, without building it. */
async function planSubject(
  deps: DeployerDeps,
  scope: Scope,
  id: SourceId,
  environment: Environment | null,
): Promise<Subject> {
  const overrides = environment && (await findOverrides(deps.store, environment));
  const { source, origin } = await openSource(deps, scope.app, id);
  const place = placeOf(scope, environment);
  const { services, release } = await planOf(deps, source, place);
  const pins = makePins({ deps, timeline: untold, actor: systemActor, stopping: never });
  const planned = await pins.resolve(services);
  const found = planned.map(async (service) => ({
    spec: service.spec,
    image: (await findBuilt(deps, scope.app, service)) ?? unbuilt,
  }));
  const content = { services: await Promise.all(found), ...(release != null && { release }) };
  const overrides: Awaited<ReturnType<typeof findOverrides>> =
    environment === null ? {} : await findOverrides(deps.store, environment);
  const { scales, adopted: before, held } = overrides;
  const { adopted } = withoutRedundant(content.services, before);
  const specs = content.services.map(({ spec }) => spec);
  const chosen = await lookAtConfig(deps, place, specs, held);
  return { version: null, origin, snapshot: makeSnapshot({ ...content, ...chosen }, { scales, adopted }), planned };
}

/** Nothing of what is only looked at is told. */
const untold = {
  start: () => () => undefined,
  end: () => undefined,
  line: () => undefined,
  buildSink: () => ({ start: () => undefined, line: () => undefined, end: () => undefined }),
  flush: async () => undefined,
};

/** A source that is in the repository of an app. Throws `not-found`. */
export async function openSource(
  { openTree }: Pick<DeployerDeps, "openTree">,
  app: string,
  id: SourceId,
): Promise<{ source: SourceTree; origin: SourceOrigin }> {
  const oid = "commit" in id ? id.commit : id.tree;
  const source = await openTree(app, oid).catch((error: unknown) => {
    throw new BerthError("not-found", `The repository of ${app} has no ${oid}.`, { path: oid, cause: error });
  });
  const commit = "commit" in id ? id.commit : null;
  return { source, origin: { commit, tree: source.id, branch: null, message: "", author: null } };
}
