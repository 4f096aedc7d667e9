import { parseTime } from "@berth/docker";
import type { ContainerInspectInfo } from "@berth/docker";
import type { ContainerEnd } from "../instances/container-exit.ts";
import type { KnownExit, KnownInstance } from "../instances/known-instance.ts";
import { readLabels } from "./instance-labels.ts";
import type { LabelledInstance } from "./instance-labels.ts";
import { networkName } from "./names.ts";
import type { CpuReading } from "./usage.ts";

/** An instance in a container. */
export interface DockerInstance extends KnownInstance {
  /** The engine's id of the container. */
  container: string;
  /** When the container was made: what it has written is later. */
  createdAt: number;
  pid: number | null;
  /** At which it is reached; null where it has no address. */
  address: string | null;
  /** What PORT says inside. */
  ownPort: number;
  stopSignal: string;
  /** How much of processors it may use. */
  cpuLimitMillis: number;
  /** What it had used of them when it was measured last. */
  cpu?: CpuReading | null;
  /** Whether it has its limit of processor time. */
  isLimited: boolean;
}

/** What the driver knows of a container besides the engine. */
export interface KnownOfContainer {
  ready: { at: number; host: string | null } | null;
  isStopping: boolean;
  /** How it ended, where that was looked into. */
  exit: KnownExit | null;
}

/** An instance as the engine tells of its container; null for a container whose labels are not ours. */
export function makeDockerInstance(
  info: ContainerInspectInfo,
  installation: string,
  known: KnownOfContainer,
): { instance: DockerInstance; labelled: LabelledInstance } | null {
  const labelled = readLabels(info.Config.Labels ?? {}, info.Config.Env ?? []);
  if (labelled === null) return null;
  const { id, workload, history } = labelled;
  const isRunning = info.State.Running;
  const reach = reachOf(info, networkName(installation, workload), history.port);
  const instance: DockerInstance = {
    id,
    workload: workload.id,
    app: workload.app,
    environment: workload.environment,
    service: workload.service,
    state: stateOf(isRunning, known),
    startedAt: timeOf(info.State.StartedAt) || timeOf(info.Created),
    readyAt: known.ready?.at ?? null,
    host: known.ready?.host ?? null,
    port: reach.port,
    restarts: history.restarts,
    failures: history.failures,
    memoryLimitBytes: workload.resources.memoryBytes,
    memoryBytes: null,
    stopGraceMs: workload.stopGraceMs,
    lastExit: known.exit ?? history.lastExit,
    container: info.Id,
    createdAt: timeOf(info.Created),
    pid: isRunning ? info.State.Pid : null,
    address: reach.address,
    ownPort: history.port,
    stopSignal: history.stopSignal,
    cpuLimitMillis: workload.resources.cpuMillis,
    isLimited: (info.HostConfig.NanoCpus ?? 0) > 0,
  };
  return { instance, labelled };
}

/** One that has ended and is not known to have is looked into next. */
function stateOf(isRunning: boolean, known: KnownOfContainer): DockerInstance["state"] {
  if (known.isStopping) return "stopping";
  if (isRunning) return "running";
  return known.exit === null ? "ended" : "exited";
}

/** Its published port where it has one, else its own address. */
function reachOf(info: ContainerInspectInfo, network: string, port: number): { address: string | null; port: number } {
  const published = info.NetworkSettings.Ports?.[`${port}/tcp`]?.[0];
  if (published) return { address: published.HostIp, port: Number(published.HostPort) };
  return { address: info.NetworkSettings.Networks[network]?.IPAddress || null, port };
}

/** How a container ended, as the engine tells it. */
export function endOf({ ExitCode, OOMKilled, FinishedAt, Error }: ContainerInspectInfo["State"]): ContainerEnd {
  return { at: timeOf(FinishedAt), exitCode: ExitCode, outOfMemory: OOMKilled, error: Error };
}

/** 0 for the engine's word for never: the first second of the year 1. */
export function timeOf(text: string): number {
  return Math.max(0, parseTime(text)?.at ?? 0);
}
