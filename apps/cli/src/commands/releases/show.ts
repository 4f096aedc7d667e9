import { overrideTexts, scaleText, sizeText } from "@berth/core/light";
import type { Client } from "@berth/api/client";
import type { Command, ReleasedService, ServiceOverride } from "@berth/core";
import { defineCommand, environmentOption } from "../../framework/command.ts";
import { columns } from "../../framework/output.ts";
import { ago, duration, moment } from "../../framework/units.ts";
import { usageError } from "../../framework/usage-error.ts";
import { type Scope, scopeOf, scopeText } from "../../scope.ts";
import { readVersion } from "../../versions.ts";
import { originRows } from "../../views/origin.ts";
import { stateText } from "../../views/releases.ts";
import { overrideText } from "../../views/scale.ts";

export const command = defineCommand({
  description:
    "A release is a snapshot that never changes: the image, command, routes and settings of each service. Shown with it is how each image was made: from what, by what, with which steps and tools.",
  arguments: { version: { about: "The release, such as v11", required: true, completes: "versions" } },
  options: {
    ...environmentOption,
    provenance: { about: "Print the signed provenance of a service: a DSSE envelope" },
    sbom: { about: "Print the bill of materials of a service: CycloneDX" },
    service: {
      about: "The service whose document is printed, where there are several",
      value: "name",
      completes: "services",
    },
  },
  examples: [
    { line: "berth releases show v11", about: "Its services, images and settings, and how they were made" },
    { line: "berth releases show v11 --json", about: "All of it" },
    { line: "berth releases show v11 --sbom --service web", about: "What is in the image of web" },
    { line: "berth releases show v11 --provenance | jq -r .payload | base64 -d", about: "What was signed" },
  ],
  async run({ args, options }, context) {
    const version = readVersion(args.version);
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    const route = client.api.apps[":app"].environments[":environment"].releases[":version"];
    const param = { ...scope, version: String(version) };
    const release = await (await route.$get({ param })).json();
    const { snapshot } = release;
    const kind = options.provenance ? "provenance" : options.sbom ? "sbom" : null;
    if (kind !== null) {
      const text = await readDocument(client, scope, version, chooseService(snapshot.services, options.service), kind);
      return { json: JSON.parse(text), text };
    }
    const { services: origins } = await (await route.provenance.$get({ param })).json();
    const { style } = context.terminal;
    const { origin, reason } = release;
    const took = release.liveAt === null ? "" : `, live after ${duration(release.liveAt - release.createdAt)}`;
    const facts = [
      ["state", stateText(release.state, style)],
      [
        "made",
        `${moment(release.createdAt)} (${ago(release.createdAt, context.now())}) by ${release.createdBy}${took}`,
      ],
      ["source", [origin.branch, origin.commit?.slice(0, 7), origin.message].filter((part) => part != null).join("  ")],
      ...(origin.author === null ? [] : [["author", origin.author]]),
      ["tree", origin.tree],
      ...(release.carries === null ? [] : [["carries", `v${release.carries} forward`]]),
      ...(reason === null ? [] : [["reason", style.red(reason)]]),
      ...(release.url === null ? [] : [["url", release.url]]),
      ...(snapshot.release === undefined
        ? []
        : [["command", `${commandText(snapshot.release.command)} as ${snapshot.release.service}, with its deploy`]]),
      ["operation", release.operation],
    ];
    const services = snapshot.services.map(({ spec, image, declaredScale, declared }) => {
      const { command, routes, scale, resources, env, health } = spec;
      const origin = origins.find(({ service }) => service === spec.name);
      const stored = Object.keys(snapshot.config?.[spec.name] ?? {}).toSorted();
      const rows = [
        ["command", commandText(command)],
        ...(spec.cron === undefined ? [] : [["schedule", `${spec.cron.schedule} ${spec.cron.timezone}`]]),
        ...(spec.cron === undefined ? [["routes", routes.length === 0 ? "none" : routes.join(" ")]] : []),
        ...(spec.listens ? [["health", `${health.path} within ${duration(health.timeoutMs)}`]] : []),
        ...(spec.cron === undefined
          ? [["scale", declaredScale === undefined ? scaleText(scale) : overrideText(scale, declaredScale)]]
          : []),
        ["memory", sizeText(resources.memoryBytes)],
        ...(Object.keys(env).length === 0 ? [] : [["env", Object.keys(env).join(" ")]]),
        ...(stored.length === 0 ? [] : [["config", stored.join(" ")]]),
        ...adoptedRows(snapshot.adopted?.[spec.name], declared),
        ...(origin === undefined ? [["image", image]] : originRows(origin, version)),
      ];
      return `${style.bold(spec.name)}\n${indented(rows)}`;
    });
    const text = [`${style.bold(`${scopeText(scope)} v${version}`)}\n${indented(facts)}`, ...services].join("\n\n");
    return { json: { ...release, origins }, text };
  },
});

/** What was changed by hand and adopted, and what berth.yaml has instead. */
function adoptedRows(adopted: ServiceOverride | undefined, declared: ServiceOverride | undefined): string[][] {
  if (adopted === undefined) return [];
  return [
    ["adopted", overrideTexts(adopted).join(", ")],
    ["berth.yaml", overrideTexts(declared ?? {}).join(", ")],
  ];
}

/** A document as it is stored. */
async function readDocument(
  client: Client,
  scope: Scope,
  version: number,
  service: string,
  kind: "provenance" | "sbom",
): Promise<string> {
  const route = client.api.apps[":app"].environments[":environment"].releases[":version"].services[":service"][kind];
  return (await route.$get({ param: { ...scope, version: String(version), service } })).text();
}

function chooseService(services: readonly Pick<ReleasedService, "spec">[], asked: string | undefined): string {
  const names = services.map(({ spec }) => spec.name);
  if (asked !== undefined) return asked;
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  throw usageError("The release has several services.", `Say which one: --service ${names.join(", --service ")}`);
}

function indented(rows: readonly (readonly string[])[]): string {
  return columns(rows.map(([name, ...cells]) => [`  ${name}`, ...cells]));
}

/** A Dockerfile's image says itself how it is started. */
function commandText(command: Command): string {
  if (!("argv" in command)) return command.shell;
  return command.argv.length === 0 ? "as the image says" : command.argv.join(" ");
}
