import type { Operation, ReleaseDiff } from "@berth/core";
import { BerthError } from "@berth/core/errors";
import { checkEnvironmentName, isEmptyDiff } from "@berth/core/light";
import { confirm } from "../confirm.ts";
import { exitCodes } from "../edge/exit-codes.ts";
import { defineCommand } from "../framework/command.ts";
import { usageError } from "../framework/usage-error.ts";
import { followToEnd } from "../operations.ts";
import { scopeText } from "../scope.ts";
import { readVersion } from "../versions.ts";
import { diffText } from "../views/diff.ts";
import { failureText } from "../views/operation.ts";

export const command = defineCommand({
  description:
    "Makes the very images that are live in one environment the next release of another: nothing is built, and the release command runs. Scale and settings of where it comes to stay. Shows what would change, and asks.",
  arguments: {
    from: { about: "The environment that it comes from, such as staging", required: true, completes: "environments" },
    to: { about: "The environment that it comes to, such as production", required: true, completes: "environments" },
  },
  options: {
    release: { about: "Another release than the live one, such as v5", value: "version" },
    yes: { about: "Do not ask", short: "y" },
  },
  examples: [
    { line: "berth promote staging production", about: "What is live in staging" },
    { line: "berth promote staging production --release v5", about: "What was live there before" },
    { line: "berth promote staging production --yes", about: "For scripts" },
  ],
  async run({ args, options }, context) {
    const { terminal, json } = context;
    const [app, client] = await Promise.all([context.app(), context.client()]);
    for (const name of [args.from, args.to]) checkEnvironmentName(app, name);
    const scope = { app, environment: args.to };
    const environments = client.api.apps[":app"].environments[":environment"];
    const version =
      options.release === undefined
        ? (await (await environments.$get({ param: { app, environment: args.from } })).json()).live
        : readVersion(options.release);
    if (version === null) {
      throw new BerthError("release.not-found", `Nothing is live in ${args.from} of ${app}.`, {
        hint: `Deploy to it first: berth deploy --env ${args.from}`,
      });
    }
    const query = { promoted: args.from, version: String(version) };
    const diff: ReleaseDiff = await (await environments.diff.$get({ param: scope, query })).json();
    if (!json)
      terminal.say(
        diffText(
          diff,
          `${scopeText(scope)}: ${diff.before === null ? "nothing is live → " : ""}v${version} of ${args.from}`,
          terminal.style,
        ),
      );
    if (!options.yes && !isEmptyDiff(diff)) {
      if (!terminal.canAsk) throw usageError("A promotion needs a yes.", "Add --yes to go on without being asked.");
      if (!(await confirm(context, `Promote v${version} of ${args.from} to ${args.to}?`)))
        throw new BerthError("conflict", "Nothing was changed.");
    }
    const asked = { param: scope, query: {}, json: { from: args.from, version } };
    const begun: Operation = await (await environments.promote.$post(asked)).json();
    const ended = await followToEnd(context, client, begun);
    if (ended === null) return { exitCode: exitCodes.interrupted };
    const { operation } = ended;
    const result = { operation, diff };
    const { style } = terminal;
    if (operation.state === "failed")
      return { json: result, text: failureText(operation, "The promotion failed", style), exitCode: exitCodes.failed };
    const what =
      operation.version === null
        ? `${scopeText(scope)} has v${version} of ${args.from} already`
        : `${scopeText(scope)} has v${version} of ${args.from}, as v${operation.version}`;
    const text = `${style.green("✓")} ${what}`;
    return { json: result, text: operation.url === null ? text : `${text}\n  ${operation.url}` };
  },
});
