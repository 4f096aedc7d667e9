import { defaultCluster } from "@berth/core/light";
import { defineCommand } from "../../framework/command.ts";
import { table } from "../../framework/output.ts";
import { ago } from "../../framework/units.ts";
import { expiryText } from "../../views/expiry.ts";

export const command = defineCommand({
  description:
    "Production, others that last, and a preview for each other branch that was pushed. Previews are removed once nobody has used them for a while.",
  arguments: {},
  options: {},
  examples: [
    { line: "berth environments list", about: "Of this folder's app" },
    { line: "berth env list --app shop --json", about: "For scripts" },
  ],
  async run(_, context) {
    const [app, client] = await Promise.all([context.app(), context.client()]);
    const { items } = await (await client.api.apps[":app"].environments.$get({ param: { app } })).json();
    const onClusters = items.some(({ cluster }) => cluster !== null && cluster !== defaultCluster);
    const now = context.now();
    const { style } = context.terminal;
    const rows = items.map(({ name, kind, live, branch, cluster, url, createdAt, createdBy, expiresAt }) => [
      name,
      live === null ? "" : `v${live}`,
      branch ?? "",
      ...(onClusters ? [cluster ?? ""] : []),
      url,
      `${ago(createdAt, now)} by ${createdBy}`,
      expiresAt === null ? (kind === "preview" ? style.dim("never") : "") : expiryText(expiresAt, now, style),
    ]);
    const headings = ["NAME", "LIVE", "BRANCH", ...(onClusters ? ["CLUSTER"] : []), "URL", "CREATED", "REMOVED"];
    const text =
      items.length === 0
        ? `${app} has no environments yet: the first push or deploy makes one.`
        : table(headings, rows, style);
    return { json: items, text };
  },
});
