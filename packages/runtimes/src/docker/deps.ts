import type { Clock, Digest, Log, NeighbourGateway, Random, Runtime } from "@berth/core";
import type { Engine, LoadableImage } from "@berth/docker";
import type { Reach } from "./reach.ts";

export interface DockerRuntimeDeps {
  /** BERTH_HOME, an absolute path. */
  home: string;
  engine: Engine;
  /** Names this installation: what it makes on the engine is told from that of others by it. Never changes. `[a-z0-9]`. */
  installation: string;
  /** Opens an image of the store, to be given to the engine. Throws `image.not-found`. */
  open(digest: Digest): Promise<LoadableImage>;
  /** The ranges that networks of environments are taken from, such as `10.201.0.0/16`. */
  subnets?: string;
  clock: Clock;
  random: Random;
  log: Log;
  workerReadyAfterMs?: number;
  /** How long the network of an environment stays after its last instance. Default 10 s. */
  networkLingerMs?: number;
  /** How long an image stays on the engine that nothing runs. Default 1 h. */
  imageGraceMs?: number;
  /** For how many services that sleep a container is kept ready to be started. Default 50, and half of the networks that there may be. */
  maxPrepared?: number;
  /** How long after a change containers are made ahead, or removed. Default 500 ms. */
  prepareAfterMs?: number;
  /** How often images are looked at, containers, and what they use. Default 10 min, 1 min and 5 s. */
  sweepEveryMs?: number;
  surveyEveryMs?: number;
  measureEveryMs?: number;
  /** How instances are reached; found out where it is not said. */
  reach?: Reach;
}

export interface DockerRuntime extends Runtime {
  /**
   * Tells of the addresses at which instances reach their neighbours, those of now at once, and whenever they change. An instance
   * starts when the follower is done with the change. Gives how to stop.
   */
  followGateways(follower: (gateways: readonly NeighbourGateway[]) => Promise<void>): Promise<() => void>;
}
