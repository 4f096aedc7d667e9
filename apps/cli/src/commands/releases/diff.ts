import type { ReleaseDiff } from "@berth/core";
import { BerthError } from "@berth/core/errors";
import { defineCommand, environmentOption } from "../../framework/command.ts";
import { scopeOf, scopeText } from "../../scope.ts";
import { readVersion } from "../../versions.ts";
import { diffText } from "../../views/diff.ts";

export const command = defineCommand({
  description: "Compares two releases of an environment, or one with what is live.",
  arguments: {
    from: { about: "A release, such as v3", required: true, completes: "versions" },
    to: { about: "Another one; otherwise what is live", required: false, completes: "versions" },
  },
  options: environmentOption,
  examples: [
    { line: "berth releases diff v3 v7", about: "What came between" },
    { line: "berth releases diff v3", about: "What has changed since" },
  ],
  async run({ args, options }, context) {
    const from = readVersion(args.from);
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    const route = client.api.apps[":app"].environments[":environment"];
    const version =
      args.to === undefined ? (await (await route.$get({ param: scope })).json()).live : readVersion(args.to);
    if (version === null) throw new BerthError("release.not-found", `Nothing is live in ${scopeText(scope)}.`);
    const query = { from: String(from), version: String(version) };
    const diff: ReleaseDiff = await (await route.diff.$get({ param: scope, query })).json();
    const what = `${scopeText(scope)}: v${from} → v${version}`;
    return { json: diff, text: diffText(diff, what, context.terminal.style) };
  },
});
