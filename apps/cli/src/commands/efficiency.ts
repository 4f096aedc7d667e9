import { defineCommand } from "../framework/command.ts";
import { readPages } from "../pages.ts";
import { readCount } from "../versions.ts";
import { efficiencyText } from "../views/efficiency.ts";

export const command = defineCommand({
  description:
    "What was used of what is reserved in the last 24 hours, worst first, with the line of berth.yaml that changes it: of this folder's app; of all apps where nothing names one.",
  arguments: { app: { about: "The app", required: false, completes: "apps" } },
  options: {
    all: { about: "All apps, also in the folder of one" },
    limit: { about: "At most this many environments (default 20)", short: "n", value: "count" },
  },
  examples: [
    { line: "berth efficiency --all", about: "The environments that leave most unused" },
    { line: "berth efficiency shop", about: "Those of one app" },
    { line: "berth efficiency --all -n 1000 --json", about: "For reports" },
  ],
  async run({ args, options }, context) {
    const limit = readCount("--limit", options.limit, 20, 10_000);
    const client = await context.client();
    const app = args.app ?? (options.all ? null : await context.findApp());
    const items = await readPages(limit, async (page: { limit: number; after?: string }) =>
      (await client.api.efficiency.$get({ query: { ...page, ...(app !== null && { app }) } })).json(),
    );
    return { json: items, text: efficiencyText(items, context.terminal.style) };
  },
});
