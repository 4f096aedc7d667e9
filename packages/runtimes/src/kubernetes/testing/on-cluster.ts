import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { KubeObject } from "@berth/cluster";
import type { ClusterPlace, RouterPlace, WorkloadModel } from "../model.ts";
import { workloadName } from "../names.ts";
import { renderYaml } from "../yaml.ts";
import { applyServerSide, kubectl } from "./kubectl.ts";
import { makeSample, type SampleService } from "./samples.ts";

export const smallImage = "localhost:5055/library/node:24-slim";
export const program = readFileSync(join(import.meta.dirname, "../fixtures/inside.cjs"), "utf8");

/** Namespaces of this run alone begin with it. */
export function drawPrefix(): string {
  return `t${randomBytes(3).toString("hex")}-`;
}

/** The cluster that the tests are made for; on another one its ranges only name what is not asked for. */
export function makeTestPlace(namespacePrefix: string, routers: RouterPlace): ClusterPlace {
  return {
    installation: namespacePrefix.replace("-", ""),
    namespacePrefix,
    routers,
    clusterRanges: ["10.244.0.0/16", "10.96.0.0/16", "198.18.0.0/24"],
    dnsAddresses: [],
    pull: null,
    quota: { pods: 10, cpuMillis: 2_000, memoryBytes: 4 * 2 ** 30 },
  };
}

/** A workload that runs the program of the fixtures. */
export function makeSmallSample(sample: SampleService = {}): WorkloadModel {
  return makeSample({
    // Words after the program are for it to show.
    command: { argv: ["node", "-e", program, "level=$LOG_LEVEL", "$(PORT)", "shell=$PATH"] },
    resources: { cpuMillis: 20, memoryBytes: 128 * 2 ** 20 },
    ...sample,
    model: { image: smallImage, workingFolder: "/tmp", ...sample.model },
  });
}

export async function applyObjects(objects: readonly KubeObject[]): Promise<string> {
  return await applyServerSide(renderYaml(objects));
}

/** Scales a workload by its `scale` subresource and waits until all its instances are ready. Answers with their addresses. */
export async function runWorkload({ workload }: WorkloadModel, namespace: string, replicas: number): Promise<string[]> {
  const name = `deployment/${workloadName(workload)}`;
  await kubectl(["-n", namespace, "scale", name, `--replicas=${replicas}`]);
  await kubectl(["-n", namespace, "rollout", "status", name, "--timeout=80s"]);
  const selector = `dev.berth/workload=${workload.id}`;
  const path = "{.items[*].status.podIP}";
  return (await kubectl(["-n", namespace, "get", "pods", "-l", selector, "-o", `jsonpath=${path}`])).split(" ");
}

export interface Answer {
  ok: boolean;
  value: unknown;
}

/** What the program says at an address, asked from this machine. */
export async function askAt(address: string, path: string, query: Record<string, string> = {}): Promise<Answer> {
  const url = `http://${address}${path}?${new URLSearchParams(query)}`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  return (await answer.json()) as Answer;
}
