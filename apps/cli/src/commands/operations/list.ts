import { defineCommand, environmentOption } from "../../framework/command.ts";
import { table } from "../../framework/output.ts";
import { ago, duration } from "../../framework/units.ts";
import { readPages } from "../../pages.ts";
import { readCount } from "../../versions.ts";
import { stateText } from "../../views/releases.ts";

export const command = defineCommand({
  description: "Newest first, of this folder's app; of all apps where nothing names one.",
  arguments: {},
  options: {
    env: { ...environmentOption.env, about: "Only of this environment" },
    limit: { about: "At most this many (default 20)", short: "n", value: "count" },
  },
  examples: [
    { line: "berth operations list", about: "What was done, by whom, and how it went" },
    { line: "berth operations list --app shop -n 100 --json", about: "For scripts" },
  ],
  async run({ options }, context) {
    const limit = readCount("--limit", options.limit, 20, 10_000);
    const [app, client] = await Promise.all([context.findApp(), context.client()]);
    const filter = {
      ...(app !== null && { app }),
      ...(options.env !== undefined && { environment: options.env }),
    };
    const operations = await readPages(limit, async (page: { limit: number; after?: string }) =>
      (await client.api.operations.$get({ query: { ...filter, ...page } })).json(),
    );
    const { style } = context.terminal;
    const rows = operations.map((operation) => [
      operation.id,
      operation.app,
      operation.environment,
      operation.kind,
      stateText(operation.state, style),
      operation.version === null ? "" : `v${operation.version}`,
      ago(operation.startedAt, context.now()),
      operation.finishedAt === null ? "" : duration(operation.finishedAt - operation.startedAt),
      operation.actor,
    ]);
    const headings = ["ID", "APP", "ENVIRONMENT", "KIND", "STATE", "VERSION", "WHEN", "TOOK", "WHO"];
    return { json: operations, text: operations.length === 0 ? "Nothing was done yet." : table(headings, rows, style) };
  },
});
