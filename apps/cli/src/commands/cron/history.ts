import { defineCommand, environmentOption } from "../../framework/command.ts";
import { readPages } from "../../pages.ts";
import { scopeOf } from "../../scope.ts";
import { readCount } from "../../versions.ts";
import { historyTable } from "../../views/cron.ts";

export const command = defineCommand({
  description:
    "Newest first: what has run, by the schedule or because somebody asked for it, and what was skipped or missed. At most 50 are kept. All that the newest five printed is in berth logs; of those before, and with --json, the last 20 lines.",
  arguments: { service: { about: "The service", required: true, completes: "services" } },
  options: {
    ...environmentOption,
    limit: { about: "At most this many (default 20)", short: "n", value: "count" },
  },
  examples: [
    { line: "berth cron history nightly", about: "How it went lately" },
    { line: "berth cron history nightly -n 1 --json | jq -r '.[].lines[]'", about: "What it printed last" },
  ],
  async run({ args, options }, context) {
    const limit = readCount("--limit", options.limit, 20, 50);
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    const route = client.api.apps[":app"].environments[":environment"].crons[":service"].runs;
    const param = { ...scope, service: args.service };
    const runs = await readPages(limit, async (page: { limit: number; after?: string }) =>
      (await route.$get({ param, query: page })).json(),
    );
    if (runs.length === 0) return { json: runs, text: `${args.service} has not run yet.` };
    return { json: runs, text: historyTable(runs, { style: context.terminal.style, now: context.now() }) };
  },
});
