import { serviceDefaults } from "@berth/core";
import { refusalOf } from "@berth/docker";
import type { Engine } from "@berth/docker";
import { makeDockerInstance } from "./docker-instance.ts";
import type { DockerInstance } from "./docker-instance.ts";
import type { LabelledInstance } from "./instance-labels.ts";
import { label } from "./names.ts";
import { readPrepared, wasPrepared } from "./prepared/prepared-container.ts";
import type { PreparedContainer } from "./prepared/prepared-container.ts";
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
  /** Its container was made before anybody asked for it. */
  wasPrepared: boolean;
}

/** What an installation has on an engine. */
export interface Survey {
  instances: readonly FoundInstance[];
  prepared: readonly PreparedContainer[];
}

const looksAtOnce = 8;

/** All instances there are, each by its newest container, and what was prepared. What a start that was broken off has left is removed. */
export async function survey(deps: SurveyDeps): Promise<Survey> {
  const ids = await listContainers(deps);
  const found: FoundInstance[] = [];
  const prepared: PreparedContainer[] = [];
  for (let start = 0; start < ids.length; start += looksAtOnce) {
    const looks = await Promise.all(ids.slice(start, start + looksAtOnce).map((id) => look(deps, id)));
    found.push(...looks.flatMap((one) => one?.found ?? []));
    prepared.push(...looks.flatMap((one) => one?.prepared ?? []));
  }
  const newest = newestByInstance(found);
  const old = found.filter((one) => newest.get(one.instance.id) !== one);
  await Promise.all(old.map(({ instance }) => removeContainer(deps.engine, instance.container)));
  return { instances: [...newest.values()], prepared };
}

/** The instance in a container; null where it is gone, was never started, or is not as this version of Berth makes them. */
export async function lookAt(deps: SurveyDeps, id: string): Promise<FoundInstance | null> {
  return (await look(deps, id))?.found ?? null;
}

/** What a container is. One that was to be started and never was is removed. */
async function look(
  deps: SurveyDeps,
  id: string,
): Promise<{ found?: FoundInstance; prepared?: PreparedContainer } | null> {
  const { engine, installation, state } = deps;
  const info = await engine.ask((docker) => docker.getContainer(id).inspect()).catch(nullIfRefused);
  if (info === null) return null;
  const prepared = readPrepared(info);
  if (prepared !== null) return { prepared };
  const { State: now } = info;
  if (now.Status === "created" && now.Error === "") {
    await removeContainer(engine, id);
    return null;
  }
  const { ready, stopping, ended } = state.get();
  const known = { ready: ready[id] ?? null, isStopping: id in stopping, exit: ended[id] ?? null };
  const made = makeDockerInstance(info, installation, known);
  return made && { found: { ...made, wasPrepared: wasPrepared(info) } };
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
