import {
  type AppPlan,
  type Artifact,
  BerthError,
  type BuildRequest,
  type Digest,
  layVariables,
  type PlannedService,
  type ReleasedService,
  type Snapshot,
  type SourceOrigin,
  type SourceTree,
  type Variables,
} from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import { requireConfig } from "./config/check-config.ts";
import type { ConfigPlace } from "./config/choose-config.ts";
import { describePlan } from "./describe-plan.ts";
import type { OperationContext } from "./operations.ts";
import type { Pins } from "./pins.ts";

/** What is built: the source of an app, and where it came from. */
export interface BuildSource {
  app: string;
  source: SourceTree;
  origin: SourceOrigin;
}

/** The content of a release, with how its services were planned. */
export interface Built {
  content: Pick<Snapshot, "services" | "release">;
  planned: readonly PlannedService[];
}

/** Detects what an app consists of, checks that it finds its variables, finds the images it stands on, and builds what is new: the content of a release. */
export async function buildServices(
  context: OperationContext,
  request: BuildSource,
  place: ConfigPlace,
  held: Snapshot["held"],
  pins: Pins,
): Promise<Built> {
  const { services, release } = await detect(context, request, place);
  await requireConfig(context.deps, place, services, held);
  const planned = await pins.resolve(services);
  const built = await buildAll(context, request, planned);
  return { content: { services: built, ...(release != null && { release }) }, planned };
}

async function detect(
  { deps, timeline }: OperationContext,
  request: BuildSource,
  place: ConfigPlace,
): Promise<Extract<AppPlan, { ok: true }>> {
  const end = timeline.start("detect", "");
  const plan = await planOf(deps, request.source, place);
  for (const { spec, plan: found } of plan.services) {
    timeline.line("detect", describePlan(spec, found), spec.name);
  }
  end(plan.services.map(({ spec }) => spec.name).join(", "));
  return plan;
}

/** What an app consists of in an environment. Throws `plan.nothing-found`, `config.invalid`. */
export async function planOf(
  { planApp }: Pick<DeployerDeps, "planApp">,
  source: SourceTree,
  { kind }: Pick<ConfigPlace, "kind">,
): Promise<Extract<AppPlan, { ok: true }>> {
  const plan = await planApp(source);
  if (plan.ok && kind !== "preview") return plan;
  if (plan.ok) return { ...plan, services: plan.services.map((service) => withVariables(service, plan.previewEnv)) };
  const { message, path, hint } = plan.problem;
  throw new BerthError("plan.nothing-found", message, { hint, ...(path !== null && { path }) });
}

function withVariables(service: PlannedService, variables: Variables = {}): PlannedService {
  const { env, rules } = layVariables(service.spec, variables, true);
  return { ...service, spec: { ...service.spec, env, rules } };
}

/** The image that was built of a planned service before; null where it has to be built. */
export async function findBuilt(
  deps: DeployerDeps,
  app: string,
  { spec, plan, source, buildEnv, buildSecrets }: PlannedService,
): Promise<Digest | null> {
  // Of secrets only the names are in the key.
  const secrets = Object.fromEntries(buildSecrets.map((name) => [name, ""]));
  const request = { app, service: spec.name, commit: null, plan, source, env: buildEnv, secrets };
  const known = await findGenuine(deps, deps.builder.key(request));
  return known !== null && (await deps.images.has(known.digest)) ? known.digest : null;
}

/** Builds all services side by side. The first that fails ends the others, as `stopping` does, and nothing is left running. */
async function buildAll(
  context: OperationContext,
  request: BuildSource,
  planned: readonly PlannedService[],
): Promise<ReleasedService[]> {
  const cancel = new AbortController();
  const signal = AbortSignal.any([cancel.signal, context.stopping]);
  const builds = planned.map((service) =>
    build(context, request, service, signal).catch((error: unknown) => {
      cancel.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(builds);
  signal.throwIfAborted();
  return await Promise.all(builds);
}

/** The image of a service: the one that was built of the same source before, or a new one. */
async function build(
  { deps, timeline, operation, beside }: OperationContext,
  request: BuildSource,
  { spec, plan, source, buildEnv, buildSecrets }: PlannedService,
  signal: AbortSignal,
): Promise<ReleasedService> {
  const buildRequest: BuildRequest = {
    app: request.app,
    service: spec.name,
    commit: request.origin.commit,
    plan,
    source,
    env: buildEnv,
    secrets: await deps.buildSecrets(request.app, buildSecrets),
  };
  const end = timeline.start("image", "", spec.name);
  const known = await findGenuine(deps, deps.builder.key(buildRequest));
  if (known !== null && (await deps.images.has(known.digest))) {
    await keep(known, "later");
    end(`${shortDigest(known)} was built before`);
    return { spec, image: known.digest };
  }
  const result = await deps.builder.build(buildRequest, timeline.buildSink(spec.name), signal);
  if (!result.ok) {
    const { step, message, hint, lines } = result.failure;
    throw new BerthError("build.failed", `${spec.name}: ${message}.`, {
      path: step,
      details: lines,
      ...(hint !== null && { hint }),
    });
  }
  // An image of which parts were lost comes out as it was: its record, and what is signed of it, stay those of its first build.
  const isMended = known?.digest === result.artifact.digest;
  const artifact = isMended ? known : deps.records.seal(madeBy(operation.id, result.artifact));
  if (!isMended) await deps.store.artifacts.put(artifact);
  await keep(artifact, isMended ? "later" : "with the build");
  end(`${shortDigest(artifact)} ${result.summary}`);
  return { spec, image: artifact.digest };

  /** Puts the image where it is fetched from. How it was made is signed beside that, and follows it there. */
  async function keep(artifact: Artifact, when: "with the build" | "later") {
    const publish = (say: (text: string) => void) => deps.images.publish(request.app, artifact.digest, say, signal);
    const recorded = deps.records.sign(artifact, source, when);
    beside(recorded);
    await publish((text) => timeline.line("image", text, spec.name));
    beside(
      recorded.then(
        () => publish(() => undefined),
        () => undefined,
      ),
    );
  }
}

/** The artifact with the operation that it was built for, which no builder knows. */
function madeBy(operation: string, artifact: Artifact): Artifact {
  return { ...artifact, provenance: { ...artifact.provenance, operation } };
}

/** What was built under this key, where its record is as that build has sealed it: one that was changed counts for nothing. */
async function findGenuine({ store, records }: DeployerDeps, key: string): Promise<Artifact | null> {
  const artifact = await store.artifacts.findByKey(key);
  return artifact !== null && (await records.isGenuine(artifact)) ? artifact : null;
}

function shortDigest({ digest }: Artifact): string {
  return digest.slice("sha256:".length, "sha256:".length + 12);
}
