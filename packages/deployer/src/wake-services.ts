import {
  type Actor,
  BerthError,
  type GenerationService,
  listens,
  type Scope,
  type StartedWake,
  unknownService,
  type WakeRequest,
} from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import type { Environments } from "./environments.ts";
import { findEnvironment, nothingLive } from "./find.ts";
import { loadLive } from "./generation.ts";

/** Wakes services of what is live for somebody, and keeps in the audit who did. */
export async function wakeServices(
  deps: DeployerDeps,
  environments: Environments,
  { app, environment, service }: WakeRequest,
  actor: Actor,
): Promise<readonly StartedWake[]> {
  const scope: Scope = { app, environment };
  const live = await loadLive(deps, await findEnvironment(deps.store, scope));
  if (live === null) throw nothingLive(scope, "Push a commit first.");
  const services = choose(live.services, service);
  const detail = services.map(({ workload }) => workload.service).join(", ");
  await deps.store.audit.append({ person: actor.person, action: "service.wake", app, environment, detail });
  const keeper = environments.keeper(scope);
  const started: StartedWake[] = [];
  for (const { workload } of services) {
    const cause = { kind: "person", by: actor.person } as const;
    started.push(await keeper.wake({ id: workload.id, service: workload.service }, cause));
  }
  return started;
}

function choose(services: readonly GenerationService[], name: string | null): readonly GenerationService[] {
  if (name === null) {
    const sleepers = services.filter((service) => listens(service) && service.scale.min === 0);
    if (sleepers.length > 0) return sleepers;
    throw new BerthError("input.invalid", "No service of what is live may sleep.", {
      hint: "One that has scale: { min: 0 } in berth.yaml does when nobody asks for it.",
    });
  }
  const named = services.find(({ workload }) => workload.service === name);
  if (named === undefined) {
    const names = services.map(({ workload }) => workload.service);
    throw unknownService("What is live", name, names);
  }
  if (listens(named)) return [named];
  throw new BerthError("input.invalid", `${name} takes no requests, so it never sleeps by itself.`, {
    path: "service",
    hint: `berth scale ${name}=1 has it run.`,
  });
}
