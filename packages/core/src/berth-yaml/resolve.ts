import { commandFromText } from "../command.ts";
import { layVariables, type Variables } from "../config/rules.ts";
import type { PlanResult } from "../plan.ts";
import type { ReleaseCommand } from "../release.ts";
import { type Cron, cronDefaults } from "../cron.ts";
import { followLoad, type MetricCommand, serviceDefaults, type Scale, type ServiceSpec } from "../service.ts";
import { configInvalid } from "./problem.ts";
import type { BerthYaml, ServiceYaml } from "./schema.ts";

export interface ServiceToResolve {
  name: string;
  yaml: ServiceYaml;
  planned: Extract<PlanResult, { ok: true }>;
  /** Variables of all services. */
  env: Variables;
  /** Whether it is the app's only service, which is reachable at `/` unless it says otherwise; so is the one called `web`. */
  isOnly: boolean;
  /** Whether what has a schedule runs in previews, too. */
  cronsInPreviews?: boolean;
}

/**
 * A service with the stack's answers and every default filled in. Variables: the stack's, then the app's, then its own, later ones winning.
 * Throws `config.invalid` where a worker is to be scaled by requests, or to be woken by what it does not get, and where what takes requests is
 * to be scaled by a metric.
 */
export function resolveService({
  name,
  yaml,
  planned,
  env,
  isOnly,
  cronsInPreviews = false,
}: ServiceToResolve): ServiceSpec {
  const { plan, processes } = planned;
  const cron = resolveCron(yaml, cronsInPreviews);
  const routes = yaml.routes ?? defaultRoutes(name, yaml, isOnly);
  const listens = routes.length > 0 || yaml.health !== undefined;
  if (!listens && yaml.scale?.concurrency !== undefined) {
    const message = "expected a service that takes requests: this one has neither routes nor health";
    throw configInvalid([{ path: ["services", name, "scale", "concurrency"], message, position: null }]);
  }
  if (listens && yaml.scale?.metric !== undefined) {
    const message =
      "expected a service that takes no requests: the number of this one follows them by scale.concurrency";
    throw configInvalid([{ path: ["services", name, "scale", "metric"], message, position: null }]);
  }
  const scale = resolveScale(yaml.scale);
  if (!listens && scale.metric === undefined && scale.min === 0 && scale.max > 1) {
    const message = `expected at least 1 beside scale.max ${scale.max}: this service takes no requests that could wake it`;
    throw configInvalid([{ path: ["services", name, "scale", "min"], message, position: null }]);
  }
  return {
    name,
    source: yaml.source ?? ".",
    command: yaml.command === undefined ? (processes[name] ?? plan.command) : commandFromText(yaml.command),
    routes: routes.toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1)),
    listens,
    health: {
      path: yaml.health?.path ?? serviceDefaults.healthPath,
      timeoutMs: yaml.health?.timeout ?? serviceDefaults.healthTimeoutMs,
    },
    scale: cron === null ? followLoad(scale, listens) : { min: 0, max: 0, idleMs: serviceDefaults.idleMs },
    resources: {
      cpuMillis: yaml.resources?.cpu ?? serviceDefaults.cpuMillis,
      memoryBytes: yaml.resources?.memory ?? serviceDefaults.memoryBytes,
    },
    ...layVariables(layVariables({ env: plan.env }, env, true), yaml.env ?? {}, false),
    stopGraceMs: yaml.stop?.grace ?? serviceDefaults.stopGraceMs,
    ...(cron !== null && { cron }),
  };
}

/** Of a service that says none: the app's only one, and the one called `web`, take requests; what has a schedule does not. */
export function defaultRoutes(name: string, { schedule }: Pick<ServiceYaml, "schedule">, isOnly: boolean): string[] {
  return schedule === undefined && (isOnly || name === "web") ? ["/"] : [];
}

function resolveCron(yaml: ServiceYaml, inPreviews: boolean): Cron | null {
  const { schedule, timezone, overlap, timeout, catchUp } = yaml;
  if (schedule === undefined) return null;
  return {
    schedule,
    timezone: timezone ?? cronDefaults.timezone,
    overlap: overlap ?? cronDefaults.overlap,
    timeoutMs: timeout ?? cronDefaults.timeoutMs,
    catchUpMs: catchUp ?? cronDefaults.catchUpMs,
    inPreviews,
  };
}

/** One instance where nothing is said; a bound that is left open is one, or follows the other, or leaves room for load. */
function resolveScale(scale: ServiceYaml["scale"]): Scale {
  const { min = Math.min(1, scale?.max ?? 1), max, idleMs = serviceDefaults.idleMs } = scale ?? {};
  const { concurrency, cpuPercent, metric, wake } = scale ?? {};
  const isFixed = concurrency === undefined && cpuPercent === undefined && metric === undefined;
  const most = isFixed ? 1 : serviceDefaults.maxByLoad;
  return {
    min,
    max: max ?? Math.max(most, min),
    idleMs,
    ...(concurrency !== undefined && { concurrency }),
    ...(cpuPercent !== undefined && { cpuPercent }),
    ...(metric !== undefined && { metric: resolveMetric(metric) }),
    ...(wake !== undefined && { wake }),
  };
}

function resolveMetric({
  command,
  target,
  every,
}: NonNullable<NonNullable<ServiceYaml["scale"]>["metric"]>): MetricCommand {
  return { command: commandFromText(command), target, everyMs: every ?? serviceDefaults.metricEveryMs };
}

const releaseTimeoutMs = 600_000;

/**
 * The release command with its defaults: it runs as the service that takes requests at `/`, or has any routes, or is the first. Throws
 * `config.invalid` where it names a service that is not there.
 */
export function resolveRelease(
  yaml: BerthYaml["release"],
  services: readonly Pick<ServiceSpec, "name" | "routes">[],
): ReleaseCommand | null {
  if (yaml === undefined) return null;
  const routed =
    services.find(({ routes }) => routes.includes("/")) ?? services.find(({ routes }) => routes.length > 0);
  const service = yaml.service ?? (routed ?? services[0])?.name ?? "web";
  const names = services.map(({ name }) => name);
  if (!names.includes(service)) {
    const message = `expected one of the services (${names.join(", ")})`;
    throw configInvalid([{ path: ["release", "service"], message, position: null }]);
  }
  return {
    command: commandFromText(yaml.command),
    service,
    timeoutMs: yaml.timeout ?? releaseTimeoutMs,
    ...(yaml.undo !== undefined && { undo: commandFromText(yaml.undo) }),
    ...(yaml.rollback !== undefined && { rollback: yaml.rollback }),
  };
}

/** Throws `config.invalid` where a route belongs to two services, or is there twice. */
export function checkRoutes(services: readonly Pick<ServiceSpec, "name" | "routes">[]): void {
  const owners = new Map<string, string>();
  for (const { name, routes } of services) {
    for (const route of routes) {
      const owner = owners.get(route);
      if (owner !== undefined) {
        const message = `expected a route of its own, but ${route} is ${owner === name ? "there twice" : `services.${owner}'s`}`;
        throw configInvalid([{ path: ["services", name, "routes"], message, position: null }]);
      }
      owners.set(route, name);
    }
  }
}

/** The folders of other services inside a service's own folder: they are not part of its tree. All relative to the repository. */
export function foldersInside(source: string, sources: readonly string[]): string[] {
  const inside = sources.filter((other) => other !== source && (source === "." || other.startsWith(`${source}/`)));
  return [...new Set(inside)].toSorted();
}
