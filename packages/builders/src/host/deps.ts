import type { Clock, Log, Platform, Random } from "@berth/core";
import type { Images } from "@berth/images";

export interface HostBuilderDeps {
  /** BERTH_HOME. */
  home: string;
  images: Images;
  /** The files of a bundle that Berth adds to an image: where they go below `/berth`, and where they are on this disk. */
  supportFiles(name: string): readonly { path: string; file: string }[];
  machine: Machine;
  platform: Platform;
  clock: Clock;
  random: Random;
  log: Log;
}

/** What steps and tools find on this machine, chosen at the edge. */
export interface Machine {
  /** The Node that runs Berth. */
  node: { path: string; version: string };
  /** The machine's npm, which brings all other tools; null where there is none. */
  npm: string | null;
  /** Where shells, compilers and git are found. */
  path: string;
  /** Variables that every step sees: proxies, certificates, the registry. */
  env: Readonly<Record<string, string>>;
  /** The home folder in which the machine's npm finds its settings. */
  homeFolder: string;
}

export const hostBuilderVersion = "1";

/** The annotation of an image that says which Node it was built with, and is to run with. */
export const nodeAnnotation = "dev.berth.node";
