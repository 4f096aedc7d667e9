import { shortImage } from "@berth/core/light";
import { defineCommand } from "../../framework/command.ts";
import { columns } from "../../framework/output.ts";
import { rebuildAll, rebuildText, rebuildExit } from "../../rebuild.ts";
import { shortDigest } from "../../views/digest.ts";

export const command = defineCommand({
  description:
    "Moves the pins of base images to what their names stand for now. What runs stays as it is until it is built again: with --rebuild at once, one environment after the other.",
  arguments: { image: { about: "Only this image, such as node:24-slim; otherwise all", required: false } },
  options: { rebuild: { about: "Rebuild every environment that stands on an older one" } },
  examples: [
    { line: "berth bases update", about: "The next builds stand on the newest" },
    { line: "berth bases update node:24-slim --rebuild", about: "And so does what runs" },
  ],
  async run({ args, options }, context) {
    const client = await context.client();
    const json = args.image === undefined ? {} : { images: [args.image] };
    const { items } = await (await client.api.bases.update.$post({ json })).json();
    const { style } = context.terminal;
    const moved = items.map(({ image, digest }) => [`  ${shortImage(image)}`, shortDigest(digest)]);
    const text =
      items.length === 0 ? "All pins stand for the newest already." : `${style.green("✓")} Updated\n${columns(moved)}`;
    if (!options.rebuild) {
      const next = items.some(({ outdated }) => outdated.length > 0)
        ? "\n\nberth rebuild --all  rebuilds what stands on an older one"
        : "";
      return { json: items, text: text + next };
    }
    context.terminal.say(text);
    const { items: bases } = await (await client.api.bases.$get({ query: { ask: "false" } })).json();
    const rebuilt = await rebuildAll(context, client, [...new Set(bases.flatMap(({ outdated }) => outdated))].sort());
    return { json: { updated: items, rebuilt }, text: rebuildText(rebuilt, style), exitCode: rebuildExit(rebuilt) };
  },
});
