import { serviceDefaults } from "@berth/core";
import { refusalOf } from "@berth/docker";
import type { Engine } from "@berth/docker";
import { makeDockerInstance } from "./docker-instance.ts";
import type { DockerInstance } from "./docker-instance.ts";
import type { LabelledInstance } from "./instance-labels.ts";
import { label } from "./names.ts";
import { removeContainer } from "./remove-container.ts";
import type { StateFile } from "./state-file.ts";

/** Looks at what an installation has on an engine. */
export interface SurveyDeps {
  engine: Engine;
  installation: string;
  state: StateFile;
  /** Instances that are just being started by this server: their containers are left alone. */
  beingStarted(): ReadonlySet<string>;
}

/** An instance with the workload that its container remembers. */
export interface FoundInstance {
  instance: DockerInstance;
  labelled: LabelledInstance;
}

const looksAtOnce = 8;

/** All instances there are, each by its newest container. What a start that was broken off has left is removed. */
export async function surveyInstances(deps: SurveyDeps): Promise<FoundInstance[]> {
  const ids = await listContainers(deps);
  const found: FoundInstance[] = [];
  for (let start = 0; start < ids.length; start += looksAtOnce) {
    const looks = await Promise.all(ids.slice(start, start + looksAtOnce).map((id) => lookAt(deps, id)));
    found.push(...looks.flatMap((look) => look ?? []));
  }
  const newest = newestByInstance(found);
  const old = found.filter((one) => newest.get(one.instance.id) !== one);
  await Promise.all(old.map(({ instance }) => removeContainer(deps.engine, instance.container)));
  return [...newest.values()];
}

/** The instance in a container; null where it is gone, or is not as this version of Berth makes them. One that was never started is removed. */
export async function lookAt(deps: SurveyDeps, id: string): Promise<FoundInstance | null> {
  const { engine, installation, state } = deps;
  const info = await engine.ask((docker) => docker.getContainer(id).inspect()).catch(nullIfRefused);
  if (info === null) return null;
  const { State: now } = info;
  if (now.Status === "created" && now.Error === "") {
    await removeContainer(engine, id);
    return null;
  }
  const { ready, stopping, ended } = state.get();
  const known = { ready: ready[id] ?? null, isStopping: id in stopping, exit: ended[id] ?? null };
  return makeDockerInstance(info, installation, known);
}

/** Stops and removes all containers of an installation, each with its grace. */
export async function endAll(deps: SurveyDeps): Promise<void> {
  const { engine } = deps;
  const end = async (id: string) => {
    const found = await lookAt(deps, id);
    const graceMs = found?.instance.stopGraceMs ?? serviceDefaults.stopGraceMs;
    const stop = { t: Math.ceil(graceMs / 1_000) };
    if (found !== null) await engine.ask((docker) => docker.getContainer(id).stop(stop)).catch(nullIfRefused);
    await removeContainer(engine, id);
  };
  await Promise.all((await listContainers(deps)).map(end));
}

async function listContainers({ engine, installation, beingStarted }: SurveyDeps): Promise<string[]> {
  const filters = { label: [`${label.installation}=${installation}`] };
  const containers = await engine.ask((docker) => docker.listContainers({ all: true, filters }));
  const starting = beingStarted();
  return containers.flatMap(({ Id, Labels }) => {
    const instance = Labels[label.instance];
    return instance === undefined || starting.has(instance) ? [] : [Id];
  });
}

function newestByInstance(found: readonly FoundInstance[]): Map<string, FoundInstance> {
  const newest = new Map<string, FoundInstance>();
  for (const one of found) {
    const other = newest.get(one.instance.id);
    if (!other || other.instance.restarts < one.instance.restarts) newest.set(one.instance.id, one);
  }
  return newest;
}

export function nullIfRefused(error: unknown): null {
  if (refusalOf(error) !== null) return null;
  throw error;
}
