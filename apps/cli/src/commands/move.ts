import { BerthError, defaultCluster, production } from "@berth/core/light";
import type { Operation } from "@berth/core";
import { exitCodes } from "../edge/exit-codes.ts";
import { defineCommand } from "../framework/command.ts";
import { followToEnd } from "../operations.ts";
import { scopeOf, scopeText } from "../scope.ts";
import { failureText } from "../views/operation.ts";

export const command = defineCommand({
  description:
    "Brings what is live up on another cluster, sends requests to it in one step once it is ready, and takes down what ran before. No request fails. Where it does not come up there, all stays as it is.",
  arguments: {
    environment: { about: "The environment (default production)", required: false, completes: "environments" },
  },
  options: { to: { about: "The cluster: a registered one, or default", value: "cluster" } },
  examples: [
    { line: "berth move production --to eu", about: "Of this folder's app" },
    { line: "berth move staging --to default --app shop", about: "Back to the cluster of the server's settings" },
  ],
  async run({ args, options }, context) {
    const { to } = options;
    if (to === undefined) {
      throw new BerthError("input.invalid", "Where to is not said.", {
        path: "--to",
        hint: `berth move ${args.environment ?? production} --to <cluster>; berth clusters list shows them.`,
      });
    }
    const [scope, client] = await Promise.all([scopeOf(context, args.environment), context.client()]);
    const route = client.api.apps[":app"].environments[":environment"].move;
    const begun: Operation = await (await route.$post({ param: scope, query: {}, json: { cluster: to } })).json();
    const ended = await followToEnd(context, client, begun);
    if (ended === null) return { exitCode: exitCodes.interrupted };
    const { operation } = ended;
    const { style } = context.terminal;
    if (operation.state === "succeeded") {
      const where = to === defaultCluster ? "the default cluster" : to;
      const text = `${style.green("✓")} ${scopeText(scope)} is on ${where}${operation.version === null ? " already" : ""}`;
      return { json: operation, text };
    }
    const text = failureText(operation, `${scopeText(scope)} was not moved`, style);
    return { json: operation, text, exitCode: exitCodes.failed };
  },
});
