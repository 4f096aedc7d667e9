import { constants } from "node:os";
import { posix } from "node:path";
import { BerthError } from "@berth/core";
import type { IdentifiedWorkload } from "@berth/core";

/** By which a stack's image tells which folders its instances write to. */
const writableLabel = "dev.berth.writable";
const defaultPort = 8080;

/** What an image's configuration says of how it is run. */
export interface RunConfig {
  env: Readonly<Record<string, string>>;
  /** As written: a number, a name, either with a group, or nothing. */
  user: string;
  workdir: string;
  stopSignal: string;
  /** TCP ports it says it listens on. */
  ports: readonly number[];
  /** Absolute folders that its instances write to. */
  writable: readonly string[];
  /** What it was made for, in the words of OCI, such as `linux` and `arm64`. */
  os: string;
  architecture: string;
}

interface OciConfig {
  os: string;
  architecture: string;
  config?: {
    Env?: string[] | null;
    User?: string;
    WorkingDir?: string;
    StopSignal?: string;
    ExposedPorts?: Record<string, unknown> | null;
    Labels?: Record<string, string> | null;
  };
}

/** Reads the configuration of an image (OCI image-spec, config.md). Throws `image.unfit` where a label of Berth's says what it cannot. */
export function readImageConfig(bytes: Uint8Array): RunConfig {
  const { config = {}, os, architecture }: OciConfig = JSON.parse(Buffer.from(bytes).toString("utf8"));
  const workdir = config.WorkingDir || "/";
  const ports = Object.keys(config.ExposedPorts ?? {}).flatMap((text) => {
    const [port, protocol = "tcp"] = text.split("/");
    return protocol === "tcp" && /^\d+$/.test(port ?? "") ? [Number(port)] : [];
  });
  return {
    env: Object.fromEntries((config.Env ?? []).map(splitVariable)),
    user: config.User ?? "",
    workdir,
    stopSignal: knownSignal(config.StopSignal ?? ""),
    ports,
    writable: readFolders(config.Labels?.[writableLabel]).map((folder) =>
      posix.join("/", posix.resolve(workdir, folder)),
    ),
    os,
    architecture,
  };
}

/** What berth.yaml or the image says PORT is, else the one port it says it listens on, else Berth's own. */
export function portOf(workload: Pick<IdentifiedWorkload, "env">, { env, ports }: RunConfig): number {
  const said = [workload.env["PORT"], env["PORT"]].map(Number).find((port) => port > 0 && port < 65_536);
  return said ?? (ports.length === 1 ? ports[0]! : defaultPort);
}

const names = new Set(Object.keys(constants.signals).map((name) => name.slice("SIG".length)));

/** What an engine can send. It takes an image that asks for any number at all, and refuses to send that. */
function knownSignal(text: string): string {
  const name = text.toUpperCase().replace(/^SIG/, "");
  const isNumber = /^\d{1,2}$/.test(text) && Number(text) > 0 && Number(text) <= 64;
  const isRealTime = /^RT(MIN(\+\d{1,2})?|MAX(-\d{1,2})?)$/.test(name);
  return isNumber || isRealTime || names.has(name) ? text : "SIGTERM";
}

function splitVariable(text: string): [string, string] {
  const at = text.indexOf("=");
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** A Dockerfile may set the label too, so it may hold anything. */
function readFolders(text: string | undefined): string[] {
  const value: unknown = text === undefined ? [] : parseJson(text);
  if (Array.isArray(value) && value.every((folder) => typeof folder === "string")) return value;
  throw new BerthError("image.unfit", `The label ${writableLabel} of the image is no list of folders.`, {
    hint: `Write it in JSON, as in LABEL ${writableLabel}='["data"]', or leave it out.`,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
