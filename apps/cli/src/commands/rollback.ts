import type { Operation, RollbackCheck } from "@berth/core";
import { drillRelease } from "../drill-release.ts";
import { exitCodes } from "../edge/exit-codes.ts";
import { defineCommand, environmentOption } from "../framework/command.ts";
import { duration } from "../framework/units.ts";
import { usageError } from "../framework/usage-error.ts";
import { followToEnd } from "../operations.ts";
import { scopeOf, scopeText } from "../scope.ts";
import { readVersion } from "../versions.ts";
import { failureText } from "../views/operation.ts";
import { verdictText } from "../views/verdict.ts";

/** Most rollbacks are over by then; only the others are worth a second request. */
const waitSeconds = 1;

export const command = defineCommand({
  description:
    "Makes a new release that carries the older one forward: code, command, settings, routes. Waits until it is live. Where release commands ran since it first runs their undo commands, newest first, and is refused where one has none. Where the older one still runs this takes milliseconds.",
  arguments: {
    version: {
      about: "The release to go back to, such as v11; otherwise the one before the live one",
      required: false,
      completes: "versions",
    },
  },
  options: {
    ...environmentOption,
    check: { about: "Only say whether it is safe, and if not, why; exits with 1 where it is not" },
    force: { about: "Go back though it is not safe; the audit keeps who did" },
    drill: {
      about: "Run it beside what is live, ask both the same, and let it go; exits with 1 where it does worse",
    },
    path: { about: "With --drill: ask for this, too, such as /login; may be given again", value: "path", many: true },
    workers: { about: "With --drill: start workers, too, which then take work from the live ones" },
    "no-undo": { about: "Leave what release commands did since as it is" },
  },
  examples: [
    { line: "berth rollback", about: "Back to what was live before" },
    { line: "berth rollback v11", about: "Back to v11" },
    { line: "berth rollback --check v11", about: "Whether that is safe" },
    { line: "berth rollback --drill v11 --path /login", about: "Whether it would come up and answer" },
    { line: "berth rollback --env staging", about: "In another environment" },
  ],
  async run({ args, options }, context) {
    if (!options.drill && (options.path.length > 0 || options.workers))
      throw usageError("--path and --workers are for a drill.", "berth rollback --drill");
    if (options.drill && (options.check || options.force || options["no-undo"]))
      throw usageError(
        "A drill goes back to nothing, and says first what --check does.",
        "Leave --check, --force and --no-undo out.",
      );
    const wrong = options.path.find((path) => !path.startsWith("/"));
    if (wrong !== undefined)
      throw usageError(`--path cannot be ${JSON.stringify(wrong)}.`, "It begins with /, such as /login.");
    const version = args.version === undefined ? null : readVersion(args.version);
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    const route = client.api.apps[":app"].environments[":environment"];
    const undo = !options["no-undo"];
    const { style } = context.terminal;
    if (options.check || options.drill) {
      const query = { undo: undo ? "true" : "false", ...(version !== null && { version }) } as const;
      const verdict: RollbackCheck = await (await route.rollback.$get({ param: scope, query })).json();
      const isSafe = verdict.outcome === "safe";
      if (options.check)
        return { json: verdict, text: verdictText(verdict, style), exitCode: isSafe ? exitCodes.ok : exitCodes.failed };
      return await drillRelease(context, client, verdict, { paths: [...options.path], workers: options.workers });
    }
    const json = { version, force: options.force, undo };
    const asked = { param: scope, query: { wait: waitSeconds }, json };
    const begun: Operation = await (await route.rollback.$post(asked)).json();
    const ended = begun.state === "running" ? await followToEnd(context, client, begun) : { operation: begun };
    if (ended === null) return { exitCode: exitCodes.interrupted };
    const { operation } = ended;
    const release =
      operation.version === null
        ? null
        : await (
            await route.releases[":version"].$get({ param: { ...scope, version: String(operation.version) } })
          ).json();
    const result = { operation, release };
    if (operation.state === "failed") {
      return { json: result, text: failureText(operation, "The rollback failed", style), exitCode: exitCodes.failed };
    }
    const took = duration((operation.finishedAt ?? operation.startedAt) - operation.startedAt);
    const text = `${style.green("✓")} ${scopeText(scope)} is back at v${release?.carries ?? version} in ${took}, as v${operation.version}`;
    return { json: result, text: operation.url === null ? text : `${text}\n  ${operation.url}` };
  },
});
