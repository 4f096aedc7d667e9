import type { IdentifiedWorkload } from "@berth/core";
import type { KnownInstance } from "../../instances/known-instance.ts";
import type { UnpackedImage } from "../instance-spec.ts";

/**
 * What server and keeper say to each other: one JSON value per line over a unix socket.
 * `hello` and `end`, and the `protocol` of a hello's answer, never change: by them a server replaces a keeper of another version.
 */
export const protocolVersion = 1;

/** Everything the keeper needs to start an instance. It decides none of it. */
export interface InstanceSpec {
  id: string;
  workload: string;
  app: string;
  environment: string;
  service: string;
  argv: readonly string[];
  cwd: string;
  /** The whole environment of the instance. */
  env: Record<string, string>;
  port: number;
  /** The instance's own writable folder: made before it starts, removed when it has ended. */
  folder: string;
  logFile: string;
  memoryLimitBytes: number;
  stopGraceMs: number;
  /** How often it was started again, this start included. */
  restarts: number;
  /** Crashes since it was last healthy for a minute. */
  failures: number;
}

/** An instance as the keeper knows it. */
export interface KeptInstance extends KnownInstance {
  /** Also the id of its process group. Null where it could not be started. */
  pid: number | null;
  folder: string;
  logFile: string;
}

/** What the server last wanted of a workload. Held in memory only: it contains secrets. */
export interface Desire {
  workload: IdentifiedWorkload;
  replicas: number;
  /** Its image as it lies on this machine, so that it can be started while there is no server; missing or null where that is not known. */
  image?: UnpackedImage | null;
}

export type KeeperRequest =
  | { type: "hello"; protocol: number }
  | { type: "desire"; desire: Desire }
  | { type: "forget"; workload: string }
  | { type: "start"; spec: InstanceSpec }
  | { type: "stop"; instance: string }
  /** Drops the record of an exited instance. */
  | { type: "drop"; instance: string }
  | { type: "ready"; instance: string; at: number; host: string | null }
  /** A line of Berth's own in the instance's log. */
  | { type: "note"; instance: string; text: string }
  /** Stops everything gracefully, then the keeper itself. */
  | { type: "end" };

/** Whatever may be asked once connected. */
export type KeeperCommand = Exclude<KeeperRequest, { type: "hello" }>;

export interface Hello {
  protocol: number;
  pid: number;
  desires: readonly Desire[];
  instances: readonly KeptInstance[];
}

export type KeeperEvent =
  | { event: "instance"; instance: KeptInstance }
  | { event: "gone"; instance: string; workload: string }
  /** A keeper from before says nothing of processors. */
  | { event: "memory"; memoryBytes: Record<string, number>; cpuMillis?: Record<string, number> };

/** What an instance uses. */
export interface InstanceUsage {
  memoryBytes: number;
  /** Thousandths of a processor since it was last measured; null where it was not. */
  cpuMillis: number | null;
}

export type KeeperReply = { re: number; ok: true; value: unknown } | { re: number; ok: false; message: string };

/** Reads lines of JSON from chunks of text; a value may span chunks. */
export function makeJsonLineReader<T>(onValue: (value: T) => void): (chunk: string) => void {
  let rest = "";
  return (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") onValue(JSON.parse(line) as T);
  };
}
