import { defineCommand } from "../../framework/command.ts";

export const command = defineCommand({
  description:
    "Forgets a registered cluster and its kubeconfig, and removes what Berth still has there. It is refused while environments are on it: move them first. Needs the role owner.",
  arguments: { name: { about: "The cluster", required: true } },
  options: {},
  examples: [{ line: "berth clusters delete eu", about: "Once nothing is on it any more" }],
  async run({ args }, context) {
    const client = await context.client();
    const route = client.api.clusters[":name"];
    const result = await (await route.$delete({ param: { name: args.name } })).json();
    const { style } = context.terminal;
    const text = [`${style.green("✓")} ${args.name} is forgotten`];
    if (result.leftover !== null)
      text.push(
        "It did not answer, so something of Berth may be left there. This removes it:",
        `  kubectl delete namespaces -l ${result.leftover}`,
      );
    return { json: result, text: text.join("\n") };
  },
});
