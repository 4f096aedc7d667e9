import type { Operation, RollbackVerdict } from "@berth/core";
import { exitCodes } from "../edge/exit-codes.ts";
import { defineCommand, environmentOption } from "../framework/command.ts";
import { duration } from "../framework/units.ts";
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
    "no-undo": { about: "Leave what release commands did since as it is" },
  },
  examples: [
    { line: "berth rollback", about: "Back to what was live before" },
    { line: "berth rollback v11", about: "Back to v11" },
    { line: "berth rollback --check v11", about: "Whether that is safe" },
    { line: "berth rollback --env staging", about: "In another environment" },
  ],
  async run({ args, options }, context) {
    const version = args.version === undefined ? null : readVersion(args.version);
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    const route = client.api.apps[":app"].environments[":environment"];
    const undo = !options["no-undo"];
    const { style } = context.terminal;
    if (options.check) {
      const query = { undo: undo ? "true" : "false", ...(version !== null && { version }) } as const;
      const verdict: RollbackVerdict = await (await route.rollback.$get({ param: scope, query })).json();
      const exitCode = verdict.outcome === "safe" ? exitCodes.ok : exitCodes.failed;
      return { json: verdict, text: verdictText(verdict, style), exitCode };
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
