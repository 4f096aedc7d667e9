import type { CronStatus, MetricState, ReleaseKind, Requester, ServiceOverrides, WakeSummary } from "@berth/core";
import { defaultCluster, sizeText } from "@berth/core/light";
import { columns, type Style, table } from "../framework/output.ts";
import { ago, span } from "../framework/units.ts";
import { scopeText } from "../scope.ts";
import { expiryText } from "./expiry.ts";
import { adoptedTexts, stateText } from "./releases.ts";
import { cronText } from "./cron.ts";
import { metricRows } from "./metric.ts";
import { overrideRows, type ScaledService } from "./scale.ts";
import { requesterText, wakeSummaryLines } from "./wake.ts";

export interface Status {
  app: string;
  name: string;
  url: string;
  branch: string | null;
  /** Null where apps do not run on clusters. */
  cluster: string | null;
  live: number | null;
  desired: number | null;
  /** Null: it stays. */
  expiresAt: number | null;
  isProtected: boolean;
  services: readonly ServiceStatus[];
}

interface ServiceStatus {
  name: string;
  version: number;
  routes: readonly string[];
  replicas: number;
  fault: { message: string; hint: string | null } | null;
  wakes: WakeSummary | null;
  keptAwakeBy: readonly Requester[];
  cron: CronStatus | null;
  metric: (MetricState & { target: number }) | null;
  instances: readonly InstanceStatus[];
}

interface InstanceStatus {
  id: string;
  state: string;
  startedAt: number;
  restarts: number;
  lastExit: InstanceExit | null;
  memoryBytes: number | null;
  cpuMillis: number | null;
  node: string | null;
  reason: string | null;
}

interface InstanceExit {
  at: number;
  code: number | null;
  signal: string | null;
  outOfMemory: boolean;
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
  snapshot: { services: readonly ScaledService[]; adopted?: ServiceOverrides | undefined };
}

/** Where it is served, what is live, and what runs for it. */
export function statusText(
  { app, name, url, branch, cluster, live, desired, expiresAt, isProtected, services }: Status,
  release: LiveRelease | null,
  { style, now }: { style: Style; now: number },
): string {
  const facts = [
    ["  url", url],
    ["  live", live === null ? style.yellow("nothing yet") : liveText(live, release, now)],
    ...(desired !== null && desired !== live ? [["  next", style.yellow(`v${desired} is being rolled out`)]] : []),
    ...(branch === null ? [] : [["  branch", branch]]),
    ...(isProtected ? [["  access", `by a link: berth environments share ${name}`]] : []),
    ...(expiresAt === null ? [] : [["  removed", `${expiryText(expiresAt, now, style)}, unless it is used`]]),
    ...(cluster === null || cluster === defaultCluster ? [] : [["  cluster", cluster]]),
    ...overrideRows(release?.snapshot.services ?? []),
    ...adoptedTexts(release?.snapshot.adopted ?? {}).map((text) => ["  by hand", `${text}; adopted`]),
    ...services.flatMap(sleepRows),
    ...services.flatMap((service) => metricRows(service, { style, now })),
  ];
  const crons = cronRows(services, { style, now });
  const head = `${style.bold(scopeText({ app, environment: name }))}\n${columns(facts)}`;
  if (services.length === 0) return head;
  const all = services.flatMap(({ instances }) => instances);
  // Where there is but one machine, or nobody measures, there is nothing to tell.
  const shown = columnsOf(all);
  const rows = services.flatMap((service) => serviceRows(service, shown, { style, now }));
  const headings = [
    "  SERVICE",
    "INSTANCE",
    "STATE",
    "UP",
    "RESTARTS",
    "MEMORY",
    ...shown.map(({ heading }) => heading),
    "ROUTES",
  ];
  const instances = rows.length === 0 ? "" : `\n\n${table(headings, rows, style)}`;
  return `${head}${instances}${crons === "" ? "" : `\n\n${crons}`}`;
}

/** Services that run at certain times, and how that went. */
function cronRows(services: readonly ServiceStatus[], options: RowsOptions): string {
  const rows = services.flatMap(({ name, cron }) => (cron === null ? [] : [[`  ${name}`, cronText(cron, options)]]));
  return rows.length === 0 ? "" : table(["  CRON", ""], rows, options.style);
}

/** What waking it takes, and who keeps it from sleeping. */
function sleepRows({ name, wakes, keptAwakeBy }: ServiceStatus): string[][] {
  const lines = wakes === null ? [] : wakeSummaryLines(wakes);
  const slept = lines.map((line, at) => (at === 0 ? ["  wake", `${name}: ${line}`] : ["", line]));
  if (keptAwakeBy.length === 0) return slept;
  return [...slept, ["  awake", `${name} is kept awake by ${keptAwakeBy.map(requesterText).join("; ")}`]];
}

interface Column {
  heading: string;
  cell(instance: InstanceStatus): string;
}

const cpu: Column = { heading: "CPU", cell: ({ cpuMillis }) => (cpuMillis === null ? "" : `${cpuMillis}m`) };
const node: Column = { heading: "NODE", cell: (instance) => instance.node ?? "" };

function columnsOf(instances: readonly InstanceStatus[]): Column[] {
  return [
    ...(instances.some(({ cpuMillis }) => cpuMillis !== null) ? [cpu] : []),
    ...(instances.some((instance) => instance.node !== null) ? [node] : []),
  ];
}

function liveText(live: number, release: LiveRelease | null, now: number): string {
  if (release === null) return `v${live}`;
  const { createdBy, liveAt, origin } = release;
  const when = liveAt === null ? "" : `, ${ago(liveAt, now)}`;
  const commit = origin.commit === null ? "" : `${origin.commit.slice(0, 7)} `;
  return `v${live} by ${createdBy}${when}: ${beforeText(release)}${commit}${origin.message}`;
}

/** What the live release is, where that is not to be seen by its commit. */
function beforeText({ kind, carries, cluster }: LiveRelease): string {
  if (kind === "promote") return "promoted: ";
  if (kind === "rollback") return `back to v${carries}: `;
  return kind === "move" ? `to ${cluster ?? defaultCluster}: ` : "";
}

interface RowsOptions {
  style: Style;
  now: number;
}

function serviceRows(service: ServiceStatus, shown: readonly Column[], options: RowsOptions): string[][] {
  const { fault } = service;
  const { style } = options;
  const why =
    fault === null
      ? []
      : [[`    ${style.red(fault.message)}`], ...(fault.hint === null ? [] : [[`    ${fault.hint}`]])];
  return [...instanceRows(service, shown, options), ...why];
}

function instanceRows(service: ServiceStatus, shown: readonly Column[], { style, now }: RowsOptions): string[][] {
  const { name, replicas, routes, instances, fault, cron } = service;
  if (cron !== null) return [];
  if (instances.length === 0) {
    const idle = replicas === 0 ? style.dim("asleep") : style.yellow("starting");
    const state = fault === null ? idle : style.red("not running");
    return [[`  ${name}`, "", state, "", "", "", ...shown.map(() => ""), routes.join(" ")]];
  }
  return instances.flatMap((instance, index) => {
    const { id, state, startedAt, restarts, memoryBytes, reason } = instance;
    const row = [
      index === 0 ? `  ${name}` : "",
      id,
      stateText(state, style),
      span(Math.max(0, now - startedAt)),
      restarts === 0 ? "0" : style.yellow(String(restarts)),
      memoryBytes === null ? "" : sizeText(memoryBytes),
      ...shown.map(({ cell }) => cell(instance)),
      index === 0 ? routes.join(" ") : "",
    ];
    const last = lastEnd(instance, now);
    return [
      row,
      // The state may say it all: "it is stopping".
      ...(reason === null || reason === `it is ${state}` ? [] : [[`    ${style.red(reason)}`]]),
      ...(last === null ? [] : [[`    ${style.dim(last)}`]]),
    ];
  });
}

/** How it ended before, where what is wrong with it now does not tell that. */
function lastEnd({ lastExit, state }: InstanceStatus, now: number): string | null {
  if (lastExit === null || state === "exited") return null;
  const { at, code, signal, outOfMemory } = lastExit;
  const how = outOfMemory
    ? "it had used too much memory"
    : signal !== null
      ? `it was killed by ${signal}`
      : code !== null
        ? `it exited with code ${code}`
        : "it could not be started, or was lost";
  return `${ago(at, now)} ${how}`;
}
