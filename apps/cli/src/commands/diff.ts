import type { ReleaseDiff } from "@berth/core";
import { findTopFolder } from "../configured-name.ts";
import { defineCommand, environmentOption } from "../framework/command.ts";
import { checkFolder } from "../git/working-tree.ts";
import { scopeOf, scopeText } from "../scope.ts";
import { sendCommit, sendFolder } from "../send-source.ts";
import { diffText } from "../views/diff.ts";

export const command = defineCommand({
  description:
    "Compares what is live with what the folder as it is, or a commit, would make of it: commits, images, names of variables, scale, routes, packages, base images, objects on a cluster, what restarts, and what a rollback could not take back. Builds nothing and changes nothing.",
  arguments: {
    ref: { about: "A branch, tag or commit of this repository; otherwise the folder as it is", required: false },
  },
  options: environmentOption,
  examples: [
    { line: "berth diff", about: "The folder against production" },
    { line: "berth diff main --env staging", about: "A branch against staging" },
    { line: "berth diff --json | jq '.services[].change'", about: "For scripts" },
  ],
  async run({ args, options }, context) {
    const { settings, git, terminal } = context;
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    // A push would make it where it is missing.
    await client.api.apps[":app"].$get({ param: { app: scope.app } });
    const { folder } = await findTopFolder(git, settings.cwd);
    if (args.ref === undefined) await checkFolder(folder, settings.homeFolder);
    const source =
      args.ref === undefined ? await sendFolder(context, scope, folder) : await sendCommit(context, scope, args.ref);
    const route = client.api.apps[":app"].environments[":environment"].diff;
    const diff: ReleaseDiff = await (await route.$get({ param: scope, query: source })).json();
    const from = diff.before === null ? "nothing is live" : `v${diff.before} is live`;
    const what = `${scopeText(scope)}: ${from} → ${args.ref ?? "this folder"}`;
    return { json: diff, text: diffText(diff, what, terminal.style) };
  },
});
