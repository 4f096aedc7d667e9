import {
  commandText,
  ownCommand,
  type PlannedService,
  type ReleaseCommand,
  scaledByText,
  type ServiceSpec,
} from "@berth/core";
import { count, type Style } from "../../framework/output.ts";
import { duration } from "../../framework/units.ts";
import { correctionsText } from "./corrections.ts";
import { imageFacts } from "./image.ts";
import { facts, type Fact } from "./layout.ts";
import { stepsText } from "./steps.ts";

export interface PlanView {
  style: Style;
  /** Columns there are. */
  width: number;
}

/** What was found in a folder, what each step will run, and what correcting it takes. */
export function planText(
  services: readonly PlannedService[],
  view: PlanView,
  release: ReleaseCommand | null = null,
): string {
  const told: PlannedService[] = [];
  const parts = services.map((service) => {
    const same = told.find((other) => isSameBuild(other, service));
    told.push(service);
    return serviceText(service, same?.spec.name ?? null, view);
  });
  if (release !== null) parts.push(releaseText(release, view));
  return [...parts, correctionsText(services, view)].join("\n\n");
}

function releaseText({ command, service, timeoutMs }: ReleaseCommand, view: PlanView): string {
  const limits = `as ${service}, once a deploy, within ${duration(timeoutMs)}`;
  return `${view.style.bold("release")}\n${facts(
    [
      ["runs", [commandText(command)]],
      ["", [limits]],
    ],
    view,
  )}`;
}

/** Findings aside, which differ with the command. */
function isSameBuild(a: PlannedService, b: PlannedService): boolean {
  const of = ({ spec, plan, buildEnv, buildSecrets }: PlannedService) =>
    JSON.stringify([spec.source, { ...plan, findings: [] }, buildEnv, buildSecrets]);
  return of(a) === of(b);
}

function serviceText(service: PlannedService, sameAs: string | null, view: PlanView): string {
  const { spec, plan } = service;
  const { style } = view;
  const from = spec.source === "." ? "" : style.dim(` of ${spec.source}`);
  const head = `${style.bold(spec.name)}  stack ${plan.stack}${from}`;
  const found = plan.findings
    .filter(({ what }) => what !== ownCommand)
    .map(({ what, from }) => `${what} ${style.dim(`(${from})`)}`);
  if (sameAs !== null) {
    return `${head}\n${facts([["build", [`the same as that of ${sameAs}: one image for both`]], ...running(service, style)], view)}`;
  }
  return [
    `${head}\n${facts([["found", found.length === 0 ? ["nothing but a command"] : found]], view)}`,
    stepsText(service, view),
    facts([...imageFacts(plan), ...running(service, style)], view),
  ].join("\n\n");
}

function running({ spec, plan }: PlannedService, style: Style): Fact[] {
  const from = plan.findings.find(({ what }) => what === ownCommand)?.from;
  const text = commandText(spec.command);
  const command = text === "" ? "as the image says" : text;
  const env = Object.entries(spec.env).map(([name, value]) => `${name}=${value}`);
  const writable = plan.writable.map((folder) => (folder === "." ? "the app's folder" : `${folder}/`));
  return [
    ["starts", [from === undefined ? command : `${command} ${style.dim(`(${from})`)}`]],
    ["answers", [answersText(spec)]],
    ...(env.length === 0 ? [] : [["env", env] satisfies Fact]),
    ...(writable.length === 0 ? [] : [["writes", writable] satisfies Fact]),
    ["runs", [copiesText(spec)]],
  ];
}

function answersText({ listens, routes, health, env }: ServiceSpec): string {
  if (!listens) return "nobody: a worker";
  const where = routes.length === 0 ? "other services only" : routes.join(" ");
  const port = env["PORT"] === undefined ? "PORT" : `PORT, which is ${env["PORT"]} in a container`;
  return `${where} on ${port}; healthy once GET ${health.path} is below 500, within ${duration(health.timeoutMs)}`;
}

function copiesText({ scale, resources }: ServiceSpec): string {
  const { min, max } = scale;
  const number = min === max ? count(min, "instance") : `${min} to ${max} instances`;
  return `${number} of ${resources.memoryBytes / 2 ** 20} MiB${scaledByText(scale)}`;
}
