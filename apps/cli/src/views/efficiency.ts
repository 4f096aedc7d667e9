import type { Efficiency, EnvironmentEfficiency, MissingData, ServiceEfficiency } from "@berth/core";
import { type Style, table } from "../framework/output.ts";
import { span } from "../framework/units.ts";
import { scopeText } from "../scope.ts";

const headings = ["APP", "SERVICE", "CPU", "MEMORY", "REQUESTS", "IN FLIGHT", "ASLEEP"];

/** Environments with their services: what was used of what is reserved, and below each what to change. */
export function efficiencyText(environments: readonly EnvironmentEfficiency[], style: Style): string {
  if (environments.length === 0) return "Nothing is live.";
  return table(
    headings,
    environments.flatMap((environment) => environmentRows(environment, style)),
    style,
  );
}

function environmentRows(environment: EnvironmentEfficiency, style: Style): string[][] {
  const { services } = environment;
  const name = scopeText(environment);
  if (services.length === 1) return services.flatMap((service) => serviceRows(name, service, style));
  const texts = new Set(services.map(({ missing }) => (missing === null ? "" : missingText(missing))));
  const [only = ""] = texts;
  // What holds for all of them is told once.
  const shared = texts.size === 1 && only !== "";
  return [
    [name, style.dim("all"), ...cells(environment)],
    ...services.flatMap((service) => serviceRows("", shared ? { ...service, missing: null } : service, style)),
    ...(shared ? [[`    ${style.dim(only)}`]] : []),
  ];
}

function serviceRows(name: string, service: ServiceEfficiency, style: Style): string[][] {
  const { advice, missing } = service;
  return [
    [name, service.service, ...cells(service)],
    ...advice.flatMap(({ reason, change, command }) => [
      [`    ${reason}`],
      [`    ${style.green("→")} ${change}${command === null ? "" : `, or at once: ${command}`}`],
    ]),
    ...(missing === null ? [] : [[`    ${style.dim(missingText(missing))}`]]),
  ];
}

function cells({ usage, cpuShare, memoryShare, requestsPerInstance }: Efficiency): string[] {
  return [
    percent(cpuShare),
    percent(memoryShare),
    String(usage.requests),
    requestsPerInstance === null ? "" : small(requestsPerInstance),
    span(usage.asleepMs),
  ];
}

function missingText({ what, haveMs, needMs }: MissingData): string {
  const had = what === "watched" ? "it was watched for" : "its instances ran for";
  return `Advice takes ${span(needMs)}; ${had} ${span(haveMs)} of the last 24 h.`;
}

function percent(share: number | null): string {
  return share === null ? "" : share > 0 && share < 0.01 ? "<1%" : `${Math.round(share * 100)}%`;
}

/** `0`, `<0.01`, `0.35`, `12`. */
function small(number: number): string {
  if (number === 0) return "0";
  if (number < 0.01) return "<0.01";
  return number < 10 ? String(Number(number.toFixed(2))) : String(Math.round(number));
}
