import { shortImage } from "@berth/core/light";
import { defineCommand } from "../../framework/command.ts";
import { table } from "../../framework/output.ts";
import { ago } from "../../framework/units.ts";
import { shortDigest } from "../../views/digest.ts";

export const command = defineCommand({
  description:
    "The images that apps are built on. Which content a name stands for is pinned with the first build that needs it, and stays until you update it; this asks the registries whether there is anything newer.",
  arguments: {},
  options: { offline: { about: "Do not ask the registries" } },
  examples: [
    { line: "berth bases", about: "What is pinned, and what is new" },
    { line: "berth bases list --offline", about: "Without asking the registries" },
  ],
  async run({ options }, context) {
    const client = await context.client();
    const query = { ask: options.offline ? "false" : "true" } as const;
    const { items } = await (await client.api.bases.$get({ query })).json();
    const { style } = context.terminal;
    if (items.length === 0) {
      return {
        json: items,
        text: "Nothing is built on a base image yet: with the process runtime, apps run on this machine's own system.",
      };
    }
    const rows = items.map(({ image, digest, pinnedAt, newer, problem, usedBy, outdated }) => [
      shortImage(image),
      shortDigest(digest),
      ago(pinnedAt, context.now()),
      problem !== null
        ? style.red(problem)
        : newer !== null
          ? style.yellow(shortDigest(newer))
          : options.offline
            ? ""
            : style.green("newest"),
      usedBy.map((where) => (outdated.includes(where) ? `${where} ${style.yellow("(rebuild)")}` : where)).join(", ") ||
        "nothing live",
    ]);
    const text = [table(["IMAGE", "PINNED TO", "SINCE", "NEWER", "USED BY"], rows, style)];
    if (items.some(({ newer }) => newer !== null))
      text.push("", "berth bases update --rebuild  moves to the newest and rebuilds what stands on them");
    else if (items.some(({ outdated }) => outdated.length > 0))
      text.push("", "berth rebuild --all  builds what is marked (rebuild) on the pinned image");
    return { json: items, text: text.join("\n") };
  },
});
