import { isTask } from "@berth/core";
import type { Clock, IdentifiedWorkload } from "@berth/core";
import { isRefusal, refusalOf } from "@berth/docker";
import type { ContainerInspectInfo, Engine } from "@berth/docker";
import type { StartOrder } from "../instances/supervisor.ts";
import { isFaultOfImage, startFailure } from "../instances/container-exit.ts";
import { makeContainerOptions } from "./container-options.ts";
import type { DockerInstance } from "./docker-instance.ts";
import type { EngineImages } from "./engine-images.ts";
import { label } from "./names.ts";
import type { Networks } from "./networks.ts";
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

/** Makes and starts the container of an instance, with what it needs. Leaves none behind where that fails. Throws `runtime.failed`, `engine.unreachable` and errors of its image. */
export async function startContainer(
  deps: StartDeps,
  workload: IdentifiedWorkload,
  order: Order,
): Promise<StartedContainer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await startMade(deps, await makeContainer(deps, workload, order));
    } catch (error) {
      if (!mayHelpAgain(deps, workload, error) || tries === maxTries) throw toRuntimeError(error);
    }
  }
}

async function makeContainer(deps: StartDeps, workload: IdentifiedWorkload, order: Order): Promise<string> {
  const { engine, installation, images, networks, reach } = deps;
  const [image, network] = await Promise.all([images.ready(workload), networks.prepare(workload)]);
  const options = makeContainerOptions(workload, image.config, {
    installation,
    instance: order.id,
    history: { restarts: order.restarts, failures: order.failures, lastExit: order.previous?.lastExit ?? null },
    image: image.id,
    network: network.name,
    gateway: network.gateway,
    publishes: reach === "published",
  });
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
    const failure = await engine.ask((docker) => docker.getContainer(container).start()).then(() => null, failureOf);
    const info = await engine.ask((docker) => docker.getContainer(container).inspect());
    return { info, failure, askedAt };
  } catch (error) {
    await removeContainer(engine, container).catch(() => {});
    throw error;
  }
}

/** What is wrong with the image where an engine refuses to start it for that; all else is thrown on. */
function failureOf(error: unknown): string {
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
  if (isMissing(error, "image")) images.forget(workload.image);
  else if (isMissing(error, "network")) networks.forget(workload);
  else return isOverlap(error) || isRefusal(error, 409);
  return true;
}
