import { defineCommand, environmentOption } from "../../framework/command.ts";
import { table } from "../../framework/output.ts";
import { scopeOf } from "../../scope.ts";

export const command = defineCommand({
  description:
    "How variables differ, without their values: what is stored from what is live, which is what the next deploy changes; or, with another environment, what is live in both. What berth.yaml says is part of it.",
  arguments: { other: { about: "Another environment", required: false, completes: "environments" } },
  options: { ...environmentOption, all: { about: "Those that are equal, too" } },
  examples: [
    { line: "berth config diff", about: "What the next deploy changes in production" },
    { line: "berth config diff staging", about: "Production and staging" },
  ],
  async run({ args, options }, context) {
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    const query = args.other === undefined ? {} : { with: args.other };
    const route = client.api.apps[":app"].environments[":environment"].config.diff;
    const comparison = await (await route.$get({ param: scope, query })).json();
    const [left, right] = args.other === undefined ? ["stored", "live"] : [scope.environment, args.other];
    const words = { equal: "the same", different: "different", left: `only ${left}`, right: `only ${right}` };
    const shown = comparison.items.filter(({ state }) => options.all || state !== "equal");
    const rows = shown.map(({ service, key, state }) => [service, key, words[state]]);
    const missing = [
      ...comparison.onlyLeft.map((name) => `${name} runs only in ${left}, and is not compared.`),
      ...comparison.onlyRight.map((name) => `${name} runs only in ${right}, and is not compared.`),
    ];
    const same =
      args.other === undefined ? "What is stored is what is live." : `${left} and ${right} have the same variables.`;
    const text = rows.length === 0 ? same : table(["SERVICE", "KEY", ""], rows, context.terminal.style);
    return { json: comparison, text: [text, ...missing].join("\n") };
  },
});
