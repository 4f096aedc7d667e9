import type { ClusterPlace } from "../../../packages/runtimes/src/index.ts";

/** What the process of a deployer with many apps is started with. */
export interface FleetPlan {
  /** Make the objects of all apps, or meet them as they are. */
  mode: "make" | "meet";
  kubeconfig: string;
  home: string;
  place: ClusterPlace;
}

/** What it says once it is done with that. */
export interface FleetAnswer {
  /** From when it is connected, before its first list, until all is as it should be. */
  tookMs: number;
  reads: number;
  writes: number;
}

export type FleetQuestion =
  /** The writes since it was asked last, each with when it was begun (ms since the epoch). */
  | { ask: "calls" }
  /** Its resident memory, in MB. */
  | { ask: "memory" }
  /** Has one instance of a sleeping app. Answers how long it took to the first write, in ms. */
  | { ask: "scale"; app: string };

export interface FleetCall {
  verb: string;
  resource: string;
  at: number;
}
