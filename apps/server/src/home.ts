import { accessSync, chmodSync, constants, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { BerthError, hasCode } from "@berth/core";

/** Where what is kept lies below BERTH_HOME. */
export interface Home {
  root: string;
  database: string;
  client: string;
  /** Secrets that builds may name. */
  buildSecrets: string;
  /** Keys of config values. */
  configKeys: string;
  /** What registered clusters are reached with. */
  clusters: string;
}

/** What holds the source of apps, or what is made of it. */
const privateFolders = ["build-secrets", "cache", "clusters", "files", "git", "images", "tools", "unpacked", "work"];

/**
 * Makes BERTH_HOME, for its owner alone. One that was made by hand keeps its mode, for it may be a folder of the
 * system's; what lies in it is still for its owner alone. Throws `settings.invalid` where it cannot be written. */
export function openHome(root: string): Home {
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 });
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK);
    for (const name of privateFolders) makePrivate(join(root, name));
  } catch (error) {
    throw new BerthError("settings.invalid", `BERTH_HOME cannot be written: ${whyNot(error)}.`, {
      path: root,
      hint: "Give its owner the right to write there, or set BERTH_HOME to another folder.",
      cause: error,
    });
  }
  return {
    root,
    database: join(root, "berth.db"),
    client: join(root, "client"),
    buildSecrets: join(root, "build-secrets"),
    configKeys: join(root, "config-keys"),
    clusters: join(root, "clusters"),
  };
}

function makePrivate(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if ((statSync(folder).mode & 0o077) !== 0) chmodSync(folder, 0o700);
}

function whyNot(error: unknown): string {
  if (hasCode(error, "EACCES") || hasCode(error, "EPERM")) return "no right to write there";
  if (hasCode(error, "EROFS")) return "it is on a read-only file system";
  if (hasCode(error, "ENOSPC")) return "the disk is full";
  if (hasCode(error, "ENOTDIR") || hasCode(error, "EEXIST")) return "it is not a folder";
  return error instanceof Error ? error.message : String(error);
}
