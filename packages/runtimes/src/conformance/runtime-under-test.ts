import type { Digest, Runtime } from "@berth/core";

/** What the conformance suite needs of a runtime: each test has one of its own. */
export interface RuntimeUnderTest {
  runtime: Runtime;
  /** Makes an image of a folder of Node programs, in which a command starts. */
  makeImage(folder: string): Promise<Digest>;
  /** Another driver on what the one before has left running, as after a restart of the server. The old one is closed. */
  reopen(): Promise<Runtime>;
  /** Variables that instances have without being told, besides PORT. */
  ownVariables: readonly string[];
  /** What is known again after a restart of when an instance was ready is so much off at most, in ms. */
  readyAtSlackMs: number;
  /** What has crashed for the first time is started again without a pause, as kubelets do. */
  restartsAtOnce: boolean;
  /** How many processes or containers of instances there are. */
  remains(): Promise<number>;
  /** Stops and removes everything. */
  dispose(): Promise<void>;
}
