import { isTask } from "@berth/core";
import type { Clock, IdentifiedWorkload } from "@berth/core";
import { isRefusal, refusalOf } from "@berth/docker";
import type { ContainerCreateOptions, ContainerInspectInfo, Engine } from "@berth/docker";
import type { StartOrder } from "../instances/supervisor.ts";
import { isFaultOfImage, startFailure } from "../instances/container-exit.ts";
import { makeContainerOptions } from "./container-options.ts";
import type { ContainerPlace } from "./container-options.ts";
import type { DockerInstance } from "./docker-instance.ts";
import type { EngineImages } from "./engine-images.ts";
import { label, preparedName } from "./names.ts";
import type { EnvironmentNetwork, Networks } from "./networks.ts";
import { fingerprintOf } from "./prepared/prepared-container.ts";
import type { PreparedContainer } from "./prepared/prepared-container.ts";
import type { Reach } from "./reach.ts";
import { removeContainer } from "./remove-container.ts";
import { isMissing, isOverlap, toRuntimeError } from "./start-error.ts";

export interface StartDeps {
  engine: Engine;
  installation: string;
  reach: Reach;
  images: EngineImages;
  networks: Networks;
  clock: Clock;
}

export interface StartedContainer {
  /** Before it could write anything. */
  askedAt: number;
  info: ContainerInspectInfo;
  /** Why what is in it could not be started: a sentence's end after "it ". */
  failure: string | null;
}

type Order = StartOrder<DockerInstance>;

const maxTries = 3;

/**
 * Makes and starts the container of an instance, with what it needs; where one was prepared that is as it would be made now, it is started. Leaves none
 * behind where that fails. Throws `runtime.failed`, `engine.unreachable` and errors of its image.
 */
export async function startContainer(
  deps: StartDeps,
  workload: IdentifiedWorkload,
  order: Order,
  prepared: PreparedContainer | null = null,
): Promise<StartedContainer> {
  for (let tries = 1; ; tries += 1) {
    try {
      const isUsable = tries === 1 && prepared !== null && (await isAsMade(deps, prepared));
      return await startMade(deps, isUsable ? prepared.container : await makeContainer(deps, workload, order));
    } catch (error) {
      if (!mayHelpAgain(deps, workload, error) || tries === maxTries) throw toRuntimeError(error);
    }
  }
}

/** Makes the container of an instance that nobody has asked for yet. Throws as `startContainer` does. */
export async function prepareContainer(
  deps: StartDeps,
  workload: IdentifiedWorkload,
  instance: string,
): Promise<PreparedContainer> {
  try {
    const { options, network } = await planContainer(deps, workload, instance);
    const fingerprint = fingerprintOf(options);
    const Labels = { ...options.Labels, [label.prepared]: fingerprint };
    const named = { ...options, name: preparedName(instance), Labels };
    const container = await createContainer(deps, workload, named, network);
    return { workload, instance, container, fingerprint, createdAt: deps.clock.now() };
  } catch (error) {
    mayHelpAgain(deps, workload, error);
    throw toRuntimeError(error);
  }
}

/** Whether it would be made the same way now. */
export async function isCurrent(deps: StartDeps, prepared: PreparedContainer): Promise<boolean> {
  const { options } = await planContainer(deps, prepared.workload, prepared.instance);
  return fingerprintOf(options) === prepared.fingerprint;
}

/** As `isCurrent`, of one that is to be started: one that is not is removed. */
async function isAsMade(deps: StartDeps, prepared: PreparedContainer): Promise<boolean> {
  if (await isCurrent(deps, prepared)) return true;
  await removeContainer(deps.engine, prepared.container);
  return false;
}

async function makeContainer(deps: StartDeps, workload: IdentifiedWorkload, order: Order): Promise<string> {
  const { restarts, failures, previous } = order;
  const history = { restarts, failures, lastExit: previous?.lastExit ?? null };
  const { options, network } = await planContainer(deps, workload, order.id, history);
  return createContainer(deps, workload, options, network);
}

async function planContainer(
  { installation, images, networks, reach }: StartDeps,
  workload: IdentifiedWorkload,
  instance: string,
  history: ContainerPlace["history"] = { restarts: 0, failures: 0, lastExit: null },
) {
  const [image, network] = await Promise.all([images.ready(workload), networks.prepare(workload)]);
  const options = makeContainerOptions(workload, image.config, {
    installation,
    instance,
    history,
    image: image.id,
    network: network.name,
    gateway: network.gateway,
    publishes: reach === "published",
  });
  return { options, network };
}

async function createContainer(
  deps: StartDeps,
  workload: IdentifiedWorkload,
  options: ContainerCreateOptions & { name: string },
  network: EnvironmentNetwork,
): Promise<string> {
  const { engine } = deps;
  const creating = engine.ask((docker) => docker.createContainer(options));
  try {
    const [{ id }] = await Promise.all([creating, network.ready]);
    return id;
  } catch (error) {
    const made = await creating.catch(() => null);
    if (made !== null) await removeContainer(engine, made.id);
    else if (isRefusal(error, 409)) await removeLeft(deps, options.name, isTask(workload));
    throw error;
  }
}

async function startMade({ engine, clock }: StartDeps, container: string): Promise<StartedContainer> {
  const askedAt = clock.now();
  try {
    const starting = engine.ask((docker) => docker.getContainer(container).start());
    const failure = await starting.then(() => null, failureOf);
    const info = await engine.ask((docker) => docker.getContainer(container).inspect());
    return { info, failure, askedAt };
  } catch (error) {
    await removeContainer(engine, container).catch(() => {});
    throw error;
  }
}

/** What is wrong with the image where an engine refuses to start it for that; null where it runs already; all else is thrown on. */
function failureOf(error: unknown): string | null {
  if (isRefusal(error, 304)) return null;
  const message = refusalOf(error)?.message ?? "";
  if (!isFaultOfImage(message)) throw error;
  return startFailure(message);
}

/** Removes a container of ours that has a name which is needed: left by a server that ended before it could be known. A task's only where it never ran. */
async function removeLeft({ engine, installation }: StartDeps, name: string, isRun: boolean): Promise<void> {
  const info = await engine.ask((docker) => docker.getContainer(name).inspect()).catch(() => null);
  if (isRun && info?.State.Status !== "created") return;
  if (info?.Config.Labels[label.installation] === installation) await removeContainer(engine, info.Id);
}

/** Whether what a start needs was found missing or taken, and is there when it is tried again. */
function mayHelpAgain({ images, networks }: StartDeps, workload: IdentifiedWorkload, error: unknown): boolean {
  if (isMissing(error, "container")) return true;
  if (isMissing(error, "image")) images.forget(workload.image);
  else if (isMissing(error, "network")) networks.forget(workload);
  else return isOverlap(error) || isRefusal(error, 409);
  return true;
}
