import { defineCommand, environmentOption } from "../../framework/command.ts";
import { readPages } from "../../pages.ts";
import { scopeOf, scopeText } from "../../scope.ts";
import { readCount } from "../../versions.ts";
import { releasesTable } from "../../views/releases.ts";

export const command = defineCommand({
  description: "Newest first. The live one is marked with *.",
  arguments: {},
  options: {
    ...environmentOption,
    limit: { about: "At most this many (default 20)", short: "n", value: "count" },
  },
  examples: [
    { line: "berth releases", about: "What was released, by whom, and what is live" },
    { line: "berth releases --env my-branch -n 5", about: "The last five of a preview" },
    { line: "berth releases --json | jq '.[0].version'", about: "For scripts" },
  ],
  async run({ options }, context) {
    const limit = readCount("--limit", options.limit, 20, 10_000);
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    const { releases: route } = client.api.apps[":app"].environments[":environment"];
    const releases = await readPages(limit, async (page: { limit: number; after?: number }) =>
      (await route.$get({ param: scope, query: page })).json(),
    );
    const { style, width } = context.terminal;
    const text =
      releases.length === 0
        ? `${scopeText(scope)} has no releases yet.`
        : releasesTable(releases, { style, width, now: context.now() });
    return { json: releases, text };
  },
});
