import { makeArgv, neighbourVariable } from "@berth/core";
import type { IdentifiedWorkload } from "@berth/core";
import type { ContainerCreateOptions } from "@berth/docker";
import { portOf } from "../instances/image-config.ts";
import type { RunConfig } from "../instances/image-config.ts";
import { makeLabels } from "./instance-labels.ts";
import type { InstanceHistory } from "./instance-labels.ts";
import { containerName, hostName } from "./names.ts";

export interface ContainerPlace {
  installation: string;
  instance: string;
  history: Omit<InstanceHistory, "port" | "stopSignal">;
  /** The engine's id of the image. */
  image: string;
  /** Of the environment. */
  network: string;
  gateway: string;
  /** Instances are reached by a loopback port of this machine, where their own addresses are not this machine's to reach. */
  publishes: boolean;
}

/** Enough for the threads of any runtime, and too few to fill the machine. */
const maxPids = 1_024;
/** What the engine keeps of an instance's output, for the server to copy. */
const keptOutput = { "max-size": "8m", "max-file": "2" };
/** Docker's own weight for one processor. */
const sharesPerCpu = 1_024;

/**
 * The container of an instance. Its limit of processor time comes once it is ready, and its weight beside others: until then it has what a whole
 * processor's worth weighs, for a program that starts needs more than one that serves, and somebody may wait for it.
 */
export function makeContainerOptions(
  workload: IdentifiedWorkload,
  config: RunConfig,
  place: ContainerPlace,
): ContainerCreateOptions & { name: string } {
  const { resources } = workload;
  const port = portOf(workload, config);
  const env: Record<string, string> = { HOME: "/tmp", ...config.env, ...workload.env, PORT: String(port) };
  const history = { ...place.history, port, stopSignal: config.stopSignal };
  const memoryMiB = Math.floor(resources.memoryBytes / 2 ** 20);
  const portKey = `${port}/tcp`;
  return {
    name: containerName(place.instance, history.restarts),
    Image: place.image,
    Hostname: hostName(place.instance),
    ...makeCommand(workload, env),
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    // Berth asks itself, by what berth.yaml says.
    Healthcheck: { Test: ["NONE"] },
    Labels: makeLabels(place.installation, place.instance, workload, history),
    // Without a source they are volumes of their own, filled from the image, which go with the container.
    Volumes: Object.fromEntries(config.writable.map((folder) => [folder, {}])),
    ...(place.publishes && { ExposedPorts: { [portKey]: {} } }),
    HostConfig: {
      NetworkMode: place.network,
      ExtraHosts: neighbourNames(workload.env).map((name) => `${name}:${place.gateway}`),
      ...(place.publishes && { PortBindings: { [portKey]: [{ HostIp: "127.0.0.1", HostPort: "" }] } }),
      Init: true,
      ReadonlyRootfs: true,
      Tmpfs: { "/tmp": `rw,exec,nosuid,nodev,mode=1777,size=${Math.max(16, Math.floor(memoryMiB / 2))}m` },
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Privileged: false,
      PidsLimit: maxPids,
      Memory: resources.memoryBytes,
      // Of memory and swap together: so none of it is swap.
      MemorySwap: resources.memoryBytes,
      CpuShares: Math.max(sharesPerCpu, sharesOf(resources.cpuMillis)),
      RestartPolicy: { Name: "no" },
      LogConfig: { Type: "json-file", Config: keptOutput },
    },
  };
}

/** The limits of a container from when it is ready on. */
export function makeReadyLimits(cpuMillis: number): { NanoCpus: number; CpuShares: number } {
  return { NanoCpus: cpuMillis * 1_000_000, CpuShares: sharesOf(cpuMillis) };
}

function sharesOf(cpuMillis: number): number {
  return Math.max(2, Math.round((cpuMillis * sharesPerCpu) / 1_000));
}

/** An empty argv: what the image itself starts. */
function makeCommand({ command }: IdentifiedWorkload, env: Record<string, string>): ContainerCreateOptions {
  if ("argv" in command && command.argv.length === 0) return {};
  return { Entrypoint: makeArgv(command, env), Cmd: [] };
}

/** The services that an instance reaches by their names: those whose variable still says what Berth has made it. */
export function neighbourNames(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env).flatMap(([variable, value]) => {
    const name = /^http:\/\/([a-z][a-z0-9-]*):\d+$/.exec(value)?.[1];
    return name !== undefined && name !== "localhost" && neighbourVariable(name) === variable ? [name] : [];
  });
}
