import type { Operation } from "@berth/core";
import { exitCodes } from "../edge/exit-codes.ts";
import { defineCommand, environmentOption } from "../framework/command.ts";
import { followToEnd } from "../operations.ts";
import { readScale } from "../scale-words.ts";
import { scopeOf, scopeText } from "../scope.ts";
import { failureText } from "../views/operation.ts";
import { scaleTable } from "../views/scale.ts";

export const command = defineCommand({
  description:
    "Lays a number of instances, or bounds, over what berth.yaml says, in one environment. It holds at once, without a build, as a new release with the same images, and stays through deploys and rollbacks until it is taken back. Without arguments it shows what holds.",
  arguments: {
    services: {
      about: "Such as web=3, or names for --min, --max and --reset",
      required: false,
      rest: true,
      completes: "services",
    },
  },
  options: {
    ...environmentOption,
    min: { about: "At least this many instances", value: "count" },
    max: { about: "At most this many instances", value: "count" },
    reset: { about: "Back to what berth.yaml says: of these services, or of all" },
  },
  examples: [
    { line: "berth scale", about: "What holds, and what berth.yaml says" },
    { line: "berth scale web=3 worker=2", about: "Fixed numbers" },
    { line: "berth scale web --min 1 --max 5", about: "Bounds, between which it follows its load" },
    { line: "berth scale web=1 --env staging", about: "In another environment" },
    { line: "berth scale --reset", about: "All as berth.yaml says" },
  ],
  async run({ args, options }, context) {
    const change = readScale(args.services, options);
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    const route = client.api.apps[":app"].environments[":environment"];
    const { style } = context.terminal;
    const read = async (version: number) =>
      await (await route.releases[":version"].$get({ param: { ...scope, version: String(version) } })).json();
    const readLive = async () => {
      const { live } = await (await route.$get({ param: scope })).json();
      return live === null ? null : await read(live);
    };
    if (change === null) {
      const release = await readLive();
      if (release === null) return { json: null, text: `Nothing is live in ${scopeText(scope)} yet.` };
      return { json: release.snapshot.services.map(scaleOf), text: scaleTable(release.snapshot.services, style) };
    }
    const begun: Operation = await (await route.scale.$post({ param: scope, query: {}, json: change })).json();
    // What has no effect here is told on the way.
    const ended = await followToEnd(context, client, begun);
    if (ended === null) return { exitCode: exitCodes.interrupted };
    const { operation } = ended;
    if (operation.state === "failed") {
      const text = failureText(operation, "The scale has not changed", style);
      return { json: { operation, release: null }, text, exitCode: exitCodes.failed };
    }
    const release = operation.version === null ? await readLive() : await read(operation.version);
    const what =
      operation.version === null
        ? `${scopeText(scope)} has this scale already`
        : `${scopeText(scope)} is scaled, as v${operation.version}`;
    const shown = scaleTable(release?.snapshot.services ?? [], style);
    return { json: { operation, release }, text: `${style.green("✓")} ${what}\n${shown}` };
  },
});

interface Scaled {
  spec: { name: string; scale: object };
  declaredScale?: object | undefined;
}

function scaleOf({ spec, declaredScale }: Scaled) {
  return { service: spec.name, scale: spec.scale, declaredScale: declaredScale ?? null };
}
