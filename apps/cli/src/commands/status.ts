import { production } from "@berth/core/light";
import { defineCommand, environmentOption } from "../framework/command.ts";
import { scopeOf } from "../scope.ts";
import { statusText } from "../views/status.ts";

export const command = defineCommand({
  description: "Exits with 0 also where something is not well: with --json a script can tell.",
  arguments: {},
  options: environmentOption,
  examples: [
    { line: "berth status", about: "Production of this folder's app" },
    { line: "berth status --env my-branch", about: "A preview" },
    { line: "berth status --json | jq -r .url", about: "For scripts" },
  ],
  async run({ options }, context) {
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    const { ":app": app } = client.api.apps;
    const route = app.environments[":environment"];
    try {
      const status = await (await route.$get({ param: scope })).json();
      const version = status.live;
      const release =
        version === null
          ? null
          : await (await route.releases[":version"].$get({ param: { ...scope, version: String(version) } })).json();
      const { style } = context.terminal;
      const json = { ...status, release };
      return { json, text: statusText(status, release, { style, now: context.now() }) };
    } catch (error) {
      if (options.env !== undefined || !isNotDeployed(error)) throw error;
      const { url } = await (await app.$get({ param: scope })).json();
      const json = { app: scope.app, name: production, url, live: null, desired: null, release: null, services: [] };
      return { json, text: `${scope.app} is not deployed yet.\nNext: git push berth main, or berth deploy` };
    }
  },
});

/** An app is there before its production is. */
function isNotDeployed(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "environment.not-found";
}
