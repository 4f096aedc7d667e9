import { type BuildPlan, commandText, type PlannedService, shortImage } from "@berth/core";
import { columns, wrap } from "../../framework/output.ts";
import type { PlanView } from "./plan.ts";

/** The lines of berth.yaml that correct a guess, each as it would say what was guessed. */
export function correctionsText(services: readonly PlannedService[], { style }: PlanView): string {
  const first = services[0];
  if (first === undefined) return "";
  const rows = corrections(first).map(([line, about]) => [`      ${line}`, style.dim(`# ${about}`)]);
  return [
    style.bold(wrap("Is something wrong? One line in berth.yaml corrects it, such as one of these:", 78)),
    "  services:",
    `    ${first.spec.name}:`,
    columns(rows),
  ].join("\n");
}

function corrections({ spec, plan }: PlannedService): [string, string][] {
  const start = commandText(spec.command);
  const command: [string, string] = [`command: ${short(start) || "./start.sh"}`, "what starts it"];
  const source: [string, string] = [
    `source: ${spec.source === "." ? "./app" : spec.source}`,
    "the folder it is made of",
  ];
  if (plan.dockerfile !== null) {
    return [
      command,
      [`dockerfile: ${plan.dockerfile}`, "another Dockerfile"],
      ["stack: node", "no Dockerfile at all"],
      [`env: { PORT: ${spec.env["PORT"] ?? 3000} }`, "the port that it listens on"],
    ];
  }
  const version = versionOf(plan);
  const build = plan.steps.find(({ layer }) => layer === "app");
  return [
    command,
    [`build: ${(build === undefined ? "" : short(commandText(build.command))) || "make"}`, "what builds it"],
    ...(version === null ? [] : [[`version: "${version}"`, `the version of ${plan.stack}`] satisfies [string, string]]),
    ...(plan.contents.support.includes("static-server")
      ? [[`output: ${siteOf(plan)}`, "the folder of the site"] satisfies [string, string]]
      : []),
    [`base: ${shortImage(plan.base.image)}`, "the image that it runs on"],
    source,
  ];
}

function versionOf({ stack, tools }: BuildPlan): string | null {
  return tools[stack] ?? (stack === "static" ? null : (Object.values(tools)[0] ?? null));
}

function siteOf({ contents }: BuildPlan): string {
  return contents.app === "all" ? "." : (contents.app[0] ?? ".");
}

/** A command that fits into a line of an example; else nothing. */
function short(text: string): string {
  return text.length <= 36 ? text : "";
}
