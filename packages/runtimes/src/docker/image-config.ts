import { constants } from "node:os";
import { posix } from "node:path";
import { BerthError } from "@berth/core";
import { imageLabel } from "./names.ts";

/** What an image's configuration says of how it is run. */
export interface RunConfig {
  env: Readonly<Record<string, string>>;
  workdir: string;
  stopSignal: string;
  /** TCP ports it says it listens on. */
  ports: readonly number[];
  /** Absolute folders that its instances write to. */
  writable: readonly string[];
}

interface OciConfig {
  config?: {
    Env?: string[] | null;
    WorkingDir?: string;
    StopSignal?: string;
    ExposedPorts?: Record<string, unknown> | null;
    Labels?: Record<string, string> | null;
  };
}

/** Reads the configuration of an image (OCI image-spec, config.md). Throws `image.unfit` where a label of Berth's says what it cannot. */
export function readImageConfig(bytes: Uint8Array): RunConfig {
  const { config = {} }: OciConfig = JSON.parse(Buffer.from(bytes).toString("utf8"));
  const workdir = config.WorkingDir || "/";
  const ports = Object.keys(config.ExposedPorts ?? {}).flatMap((text) => {
    const [port, protocol = "tcp"] = text.split("/");
    return protocol === "tcp" && /^\d+$/.test(port ?? "") ? [Number(port)] : [];
  });
  return {
    env: Object.fromEntries((config.Env ?? []).map(splitVariable)),
    workdir,
    stopSignal: knownSignal(config.StopSignal ?? ""),
    ports,
    writable: readFolders(config.Labels?.[imageLabel.writable]).map((folder) =>
      posix.join("/", posix.resolve(workdir, folder)),
    ),
  };
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
  throw new BerthError("image.unfit", `The label ${imageLabel.writable} of the image is no list of folders.`, {
    hint: `Write it in JSON, as in LABEL ${imageLabel.writable}='["data"]', or leave it out.`,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
