import { makeArgv } from "@berth/core";
import type { IdentifiedWorkload } from "@berth/core";
import { delimiter, dirname, isAbsolute, join, relative } from "node:path";
import type { InstanceSpec } from "./keeper/protocol.ts";

/** An image as it lies on this machine. */
export interface UnpackedImage {
  /** The folder that stands for the image's root. */
  root: string;
  /** Where the command starts: a folder below `root`, or a path inside the image. */
  workdir: string;
  /** The image's own environment. */
  env: Record<string, string>;
  /** Folders of this machine whose programs come first in PATH: the app's own. */
  programs: readonly string[];
  /** A folder with the programs that the image was built for where they are not the machine's: another Node, bun. First in PATH but for the app's own. */
  bin?: string | null;
}

export interface InstancePlace {
  id: string;
  port: number;
  /** The instance's private folder. */
  folder: string;
  logFile: string;
  restarts: number;
  failures: number;
}

const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * What the keeper is asked to start. The environment is exactly: the image's, the workload's, PORT, and PATH, HOME, TMPDIR and LANG
 * where those do not say otherwise; PATH begins with the app's and Node's own commands in any case. `node` is the path of Node 24.
 */
export function makeInstanceSpec(
  workload: IdentifiedWorkload,
  image: UnpackedImage,
  place: InstancePlace,
  node: string,
): InstanceSpec {
  const cwd = workdirOf(image);
  const declared: Record<string, string> = { ...image.env, ...ownEnv(workload, image) };
  const bin = image.bin == null ? [] : [image.bin];
  const path = [...image.programs, ...bin, dirname(node), declared["PATH"] ?? systemPath];
  const env: Record<string, string> = {
    HOME: place.folder,
    TMPDIR: place.folder,
    LANG: "C.UTF-8",
    ...declared,
    PATH: path.join(delimiter),
    PORT: String(place.port),
  };
  return {
    id: place.id,
    workload: workload.id,
    app: workload.app,
    environment: workload.environment,
    service: workload.service,
    argv: makeArgv(workload.command, env),
    cwd,
    env,
    port: place.port,
    folder: place.folder,
    logFile: place.logFile,
    memoryLimitBytes: workload.resources.memoryBytes,
    stopGraceMs: workload.stopGraceMs,
    restarts: place.restarts,
    failures: place.failures,
  };
}

/** The workload's environment without what it only repeats of the image's: a path of the image is one of this machine there. */
function ownEnv({ env }: IdentifiedWorkload, image: UnpackedImage): Record<string, string> {
  const own = Object.entries(env).filter(([name, value]) => image.env[name] !== image.root + value);
  return Object.fromEntries(own);
}

function workdirOf({ root, workdir }: UnpackedImage): string {
  const isBelow = isAbsolute(workdir) && !relative(root, workdir).startsWith("..");
  return isBelow ? workdir : join(root, workdir);
}
