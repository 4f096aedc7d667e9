import { sizeText } from "@berth/core/light";
import { defineCommand } from "../../framework/command.ts";
import { count } from "../../framework/output.ts";

export const command = defineCommand({
  description:
    "Removes images that no release needs any more, with caches that nothing asked for in a month. The server does so every ten minutes; what is less than an hour old stays.",
  arguments: {},
  options: {},
  examples: [{ line: "berth images prune", about: "Now, rather than when its turn comes" }],
  async run(_, context) {
    const client = await context.client();
    const pruned = await (await client.api.images.prune.$post()).json();
    const text =
      pruned.freedBytes === 0
        ? "There is nothing to remove."
        : `${context.terminal.style.green("✓")} Removed ${count(pruned.images, "image")}, ${sizeText(pruned.freedBytes)} are free again`;
    return { json: pruned, text };
  },
});
