import { defineCommand } from "../framework/command.ts";
import { table } from "../framework/output.ts";
import { moment } from "../framework/units.ts";
import { readPages } from "../pages.ts";
import { readCount } from "../versions.ts";

export const command = defineCommand({
  description: "Newest first, of this folder's app; of the whole server where nothing names an app.",
  arguments: {},
  options: { limit: { about: "At most this many (default 20)", short: "n", value: "count" } },
  examples: [
    { line: "berth audit", about: "The last changes" },
    { line: "berth audit --app shop -n 1000 --json", about: "For the records" },
  ],
  async run({ options }, context) {
    const limit = readCount("--limit", options.limit, 20, 10_000);
    const [app, client] = await Promise.all([context.findApp(), context.client()]);
    const entries = await readPages(limit, async (page: { limit: number; after?: number }) =>
      (await client.api.audit.$get({ query: { ...page, ...(app !== null && { app }) } })).json(),
    );
    const rows = entries.map(({ at, person, action, app, environment, detail }) => [
      moment(at),
      person,
      action,
      [app, environment].filter((part) => part !== null).join(" "),
      detail,
    ]);
    const { style } = context.terminal;
    const text =
      entries.length === 0 ? "Nothing was changed yet." : table(["WHEN", "WHO", "WHAT", "WHERE", ""], rows, style);
    return { json: entries, text };
  },
});
