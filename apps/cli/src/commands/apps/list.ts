import { defineCommand } from "../../framework/command.ts";
import { table } from "../../framework/output.ts";
import { ago } from "../../framework/units.ts";
import { readPages } from "../../pages.ts";

export const command = defineCommand({
  arguments: {},
  options: {},
  examples: [
    { line: "berth apps list", about: "All apps of the server" },
    { line: "berth apps list --json | jq -r '.[].name'", about: "For scripts" },
  ],
  async run(_, context) {
    const client = await context.client();
    const apps = await readPages(Infinity, async (page: { limit: number; after?: string }) =>
      (await client.api.apps.$get({ query: page })).json(),
    );
    const rows = apps.map(({ name, url, defaultBranch, createdAt, createdBy }) => [
      name,
      url,
      defaultBranch ?? "",
      `${ago(createdAt, context.now())} by ${createdBy}`,
    ]);
    const text =
      apps.length === 0
        ? "There are no apps yet.\nNext: berth link, in a repository of yours"
        : table(["NAME", "URL", "BRANCH", "CREATED"], rows, context.terminal.style);
    return { json: apps, text };
  },
});
