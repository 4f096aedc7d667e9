import type { Platform } from "@berth/core";
import type { BuilderDeps } from "../build/deps.ts";

export interface HostBuilderDeps extends BuilderDeps {
  machine: Machine;
  platform: Platform;
}

/** What steps and tools find on this machine, chosen at the edge. */
export interface Machine {
  /** The Node that runs Berth. */
  node: { path: string; version: string; abi: string };
  /** The machine's npm, which brings all other tools; null where there is none. */
  npm: string | null;
  /** Where shells, compilers and git are found. */
  path: string;
  /** Variables that every step sees: proxies, certificates, addresses of registries. */
  env: Readonly<Record<string, string>>;
  /** Settings files of package managers that every step finds, without logins. */
  settings: readonly SettingsFile[];
  /** The home folder of whoever runs Berth: tools that were installed there are found, and the machine's npm finds its settings. */
  homeFolder: string;
  /** The version of glibc; null where there is none. */
  glibc: string | null;
}

/** A settings file that steps find, such as `.npmrc`. */
export interface SettingsFile {
  /** What its path is relative to: the home folder, or the folder above the app's, where tools look that search upwards. */
  place: "home" | "above";
  path: string;
  content: string;
}

export const hostBuilderVersion = "2";
