import { defineCommand, environmentOption } from "../../framework/command.ts";
import { columns } from "../../framework/output.ts";
import { ago, duration, moment, size } from "../../framework/units.ts";
import { scopeOf, scopeText } from "../../scope.ts";
import { readVersion } from "../../versions.ts";
import { stateText } from "../../views/releases.ts";

export const command = defineCommand({
  description: "A release is a snapshot that never changes: the image, command, routes and settings of each service.",
  arguments: { version: { about: "The release, such as v11", required: true, completes: "versions" } },
  options: environmentOption,
  examples: [
    { line: "berth releases show v11", about: "Its services, images and settings" },
    { line: "berth releases show v11 --json", about: "All of it" },
  ],
  async run({ args, options }, context) {
    const version = readVersion(args.version);
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    const route = client.api.apps[":app"].environments[":environment"].releases[":version"];
    const release = await (await route.$get({ param: { ...scope, version: String(version) } })).json();
    const { style } = context.terminal;
    const { origin, reason } = release;
    const facts = [
      ["state", stateText(release.state, style)],
      ["made", `${moment(release.createdAt)} (${ago(release.createdAt, context.now())}) by ${release.createdBy}`],
      ["source", [origin.branch, origin.commit?.slice(0, 7), origin.message].filter((part) => part != null).join("  ")],
      ...(release.carries === null ? [] : [["carries", `v${release.carries} forward`]]),
      ...(reason === null ? [] : [["reason", style.red(reason)]]),
      ...(release.url === null ? [] : [["url", release.url]]),
      ["operation", release.operation],
    ];
    const services = release.snapshot.services.map(({ spec, image }) => {
      const { command, routes, scale, resources, env, health } = spec;
      const rows = [
        ["command", "argv" in command ? command.argv.join(" ") : command.shell],
        ["image", image],
        ["routes", routes.length === 0 ? "none" : routes.join(" ")],
        ...(spec.listens ? [["health", `${health.path} within ${duration(health.timeoutMs)}`]] : []),
        ["scale", scale.min === scale.max ? String(scale.min) : `${scale.min} to ${scale.max}`],
        ["memory", size(resources.memoryBytes)],
        ...(Object.keys(env).length === 0 ? [] : [["env", Object.keys(env).join(" ")]]),
      ];
      return `${style.bold(spec.name)}\n${indented(rows)}`;
    });
    const text = [`${style.bold(`${scopeText(scope)} v${version}`)}\n${indented(facts)}`, ...services].join("\n\n");
    return { json: release, text };
  },
});

function indented(rows: readonly (readonly string[])[]): string {
  return columns(rows.map(([name, ...cells]) => [`  ${name}`, ...cells]));
}
