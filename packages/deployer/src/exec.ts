import {
  type Actor,
  BerthError,
  commandText,
  type ExecRequest,
  type Generation,
  type ObservedInstance,
  type ObservedWorkload,
  type Scope,
  type StartedExec,
  workloadIds,
} from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import type { Environments } from "./environments.ts";
import { findEnvironment, nothingLive } from "./find.ts";
import { loadLive } from "./generation.ts";

const wakePatienceMs = 60_000;
const pollMs = 50;
const auditedCharacters = 1_000;

interface Place {
  workload: string;
  service: string;
  instance: string;
  version: number | null;
}

/** Runs a program beside an instance. */
export async function exec(
  deps: DeployerDeps,
  environments: Environments,
  request: ExecRequest,
  actor: Actor,
): Promise<StartedExec> {
  const { app, environment, argv, terminal } = request;
  const { lacksTerminal } = deps.runtime.descriptor.exec;
  if (terminal !== null && lacksTerminal !== null)
    throw new BerthError("runtime.failed", lacksTerminal, {
      hint: "Run it without: `berth exec … < /dev/null | cat`.",
    });
  const place = await findPlace(deps, environments, request, actor);
  const { workload, service, instance, version } = place;
  const command = argv.length === 0 ? "a shell" : commandText({ argv: [...argv] });
  // Before it runs: what cannot be kept is not done.
  await deps.store.audit.append({
    person: actor.person,
    action: "exec",
    app,
    environment,
    detail: `${service} ${instance}: ${command}`.slice(0, auditedCharacters),
  });
  const session = await deps.runtime.exec(workload, instance, { argv, terminal });
  return { session, service, instance, version };
}

async function findPlace(
  deps: DeployerDeps,
  environments: Environments,
  request: ExecRequest,
  actor: Actor,
): Promise<Place> {
  const { runtime, store } = deps;
  const scope: Scope = { app: request.app, environment: request.environment };
  const live = await loadLive(deps, await findEnvironment(store, scope));
  const { workloads } = await runtime.observe(scope);
  const versionOf = (workload: string) => (workloadIds(live).includes(workload) ? live!.version : null);
  if (request.instance !== null) {
    const place = findInstance(scope, request.service, request.instance, workloads);
    return { ...place, version: versionOf(place.workload) };
  }
  const services = live?.services ?? [];
  const wanted =
    request.service === null
      ? (services.find(({ routes }) => routes.length > 0) ?? services[0])
      : services.find(({ workload }) => workload.service === request.service);
  if (wanted === undefined) throw noService(request, live);
  const { id, service, cron } = wanted.workload;
  if (cron !== undefined)
    throw new BerthError("instance.not-running", `${service} has a schedule, and no instances between its runs.`, {
      path: "service",
      hint: `berth run --service ${service} -- <command> runs a program in its image; \`berth status\` shows what can be entered.`,
    });
  const found = best(workloads.get(id)?.instances ?? []);
  const instance = found ?? (await wake(deps, environments, { ...scope, id, service }, actor, workloads.get(id)));
  return { workload: id, service, instance: instance.id, version: versionOf(id) };
}

/** The instance of this id, or the one whose id ends so. Throws `instance.not-found`, also where several do. */
function findInstance(
  scope: Scope,
  service: string | null,
  instance: string,
  workloads: ReadonlyMap<string, ObservedWorkload>,
): Omit<Place, "version"> {
  const all = [...workloads.values()].flatMap((workload) =>
    workload.instances.map(({ id }) => ({ workload: workload.id, service: workload.service, instance: id })),
  );
  const ofService = all.filter((one) => service === null || one.service === service);
  const exact = ofService.filter((one) => one.instance === instance);
  const meant = exact.length > 0 ? exact : ofService.filter((one) => one.instance.endsWith(`-${instance}`));
  const [one, another] = meant;
  if (one !== undefined && another === undefined) return one;
  const what = JSON.stringify(instance);
  throw new BerthError(
    "instance.not-found",
    one === undefined
      ? `There is no instance ${what} in ${scope.environment} of ${scope.app}.`
      : `${what} names several instances.`,
    {
      path: "instance",
      hint: ofService.length === 0 ? "None runs." : `There are ${ofService.map((each) => each.instance).join(", ")}.`,
    },
  );
}

/** One that serves, or else one that at least runs: what does not come up is what one looks into. */
function best(instances: readonly ObservedInstance[]): ObservedInstance | undefined {
  return instances.find(({ state }) => state === "ready") ?? instances.find(({ state }) => state === "starting");
}

/** Starts what sleeps, and waits for it. Throws `instance.not-running` where it does not come. */
async function wake(
  deps: DeployerDeps,
  environments: Environments,
  { id, service, ...scope }: Scope & { id: string; service: string },
  actor: Actor,
  before: ObservedWorkload | undefined,
): Promise<ObservedInstance> {
  const { clock, runtime } = deps;
  const isAsleep = (before?.replicas ?? 0) === 0;
  if (isAsleep) await environments.keeper(scope).wake({ id, service }, { kind: "person", by: actor.person });
  const deadline = clock.now() + wakePatienceMs;
  let last: ObservedWorkload | undefined = before;
  while (clock.now() < deadline) {
    last = (await runtime.observe(scope)).workloads.get(id);
    const found = last?.instances.find(({ state }) => state === "ready");
    if (found !== undefined) return found;
    // Nobody wants one: it was scaled to none, or its time has not come.
    if (last === undefined || last.replicas === 0) break;
    await clock.sleep(pollMs);
  }
  const [instance] = last?.instances ?? [];
  const why = instance?.reason ?? last?.refusal?.reason ?? "none of it is wanted now";
  throw new BerthError("instance.not-running", `No instance runs to be entered: ${why}.`, {
    hint: "`berth run` starts one of its own; `berth logs` has what the last one wrote.",
  });
}

function noService({ service, app, environment }: ExecRequest, live: Generation | null): BerthError {
  if (live === null) return nothingLive({ app, environment }, "Push a commit first.");
  return new BerthError("not-found", `v${live.version} has no service ${JSON.stringify(service)}.`, {
    path: "service",
    hint: `It has ${live.services.map(({ workload }) => workload.service).join(", ")}.`,
  });
}
