import type { ReleaseKind } from "@berth/core";
import { defaultCluster, sizeText } from "@berth/core/light";
import { columns, type Style, table } from "../framework/output.ts";
import { ago, span } from "../framework/units.ts";
import { scopeText } from "../scope.ts";
import { stateText } from "./releases.ts";
import { overrideRows, type ScaledService } from "./scale.ts";

export interface Status {
  app: string;
  name: string;
  url: string;
  branch: string | null;
  /** Null where apps do not run on clusters. */
  cluster: string | null;
  live: number | null;
  desired: number | null;
  services: readonly ServiceStatus[];
}

interface ServiceStatus {
  name: string;
  version: number;
  routes: readonly string[];
  replicas: number;
  fault: { message: string; hint: string | null } | null;
  instances: readonly InstanceStatus[];
}

interface InstanceStatus {
  id: string;
  state: string;
  startedAt: number;
  restarts: number;
  memoryBytes: number | null;
  reason: string | null;
}

export interface LiveRelease {
  createdBy: string;
  liveAt: number | null;
  kind: ReleaseKind;
  /** The version that a rollback went back to. */
  carries: number | null;
  /** Where a move went. */
  cluster: string | null;
  origin: { commit: string | null; message: string };
  snapshot: { services: readonly ScaledService[] };
}

/** Where it is served, what is live, and what runs for it. */
export function statusText(
  { app, name, url, branch, cluster, live, desired, services }: Status,
  release: LiveRelease | null,
  { style, now }: { style: Style; now: number },
): string {
  const facts = [
    ["  url", url],
    ["  live", live === null ? style.yellow("nothing yet") : liveText(live, release, now)],
    ...(desired !== null && desired !== live ? [["  next", style.yellow(`v${desired} is being rolled out`)]] : []),
    ...(branch === null ? [] : [["  branch", branch]]),
    ...(cluster === null ? [] : [["  cluster", cluster]]),
    ...overrideRows(release?.snapshot.services ?? []),
  ];
  const head = `${style.bold(scopeText({ app, environment: name }))}\n${columns(facts)}`;
  if (services.length === 0) return head;
  const rows = services.flatMap((service) => serviceRows(service, style, now));
  return `${head}\n\n${table(["  SERVICE", "STATE", "UP", "RESTARTS", "MEMORY", "ROUTES"], rows, style)}`;
}

function liveText(live: number, release: LiveRelease | null, now: number): string {
  if (release === null) return `v${live}`;
  const { createdBy, liveAt, kind, carries, cluster, origin } = release;
  const when = liveAt === null ? "" : `, ${ago(liveAt, now)}`;
  const commit = origin.commit === null ? "" : `${origin.commit.slice(0, 7)} `;
  const back =
    kind === "rollback" ? `back to v${carries}: ` : kind === "move" ? `to ${cluster ?? defaultCluster}: ` : "";
  return `v${live} by ${createdBy}${when}: ${back}${commit}${origin.message}`;
}

function serviceRows(service: ServiceStatus, style: Style, now: number): string[][] {
  const { fault } = service;
  const why =
    fault === null
      ? []
      : [[`    ${style.red(fault.message)}`], ...(fault.hint === null ? [] : [[`    ${fault.hint}`]])];
  return [...instanceRows(service, style, now), ...why];
}

function instanceRows(service: ServiceStatus, style: Style, now: number): string[][] {
  const { name, replicas, routes, instances, fault } = service;
  if (instances.length === 0) {
    const idle = replicas === 0 ? style.dim("asleep") : style.yellow("starting");
    return [[`  ${name}`, fault === null ? idle : style.red("not running"), "", "", "", routes.join(" ")]];
  }
  return instances.flatMap(({ state, startedAt, restarts, memoryBytes, reason }, index) => [
    [
      index === 0 ? `  ${name}` : "",
      stateText(state, style),
      span(Math.max(0, now - startedAt)),
      restarts === 0 ? "0" : style.yellow(String(restarts)),
      memoryBytes === null ? "" : sizeText(memoryBytes),
      index === 0 ? routes.join(" ") : "",
    ],
    ...(reason === null ? [] : [[`    ${style.red(reason)}`]]),
  ]);
}
