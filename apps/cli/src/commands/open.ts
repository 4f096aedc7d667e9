import { production } from "@berth/core/light";
import { defineCommand, environmentOption } from "../framework/command.ts";
import { showInBrowser } from "../edge/browser.ts";
import { scopeOf } from "../scope.ts";
import { readVersion } from "../versions.ts";

/** How long a browser that is opened here sees a protected preview. */
const openMs = 12 * 3_600_000;

export const command = defineCommand({
  description: "Prints the URL, and opens it where there is a display.",
  arguments: {
    version: { about: "One release of production, at its permalink", required: false, completes: "versions" },
  },
  options: { ...environmentOption, print: { about: "Only print the URL", short: "p" } },
  examples: [
    { line: "berth open", about: "Production" },
    { line: "berth open v11", about: "One release, whatever is live" },
    { line: "curl $(berth open --print)", about: "For scripts" },
  ],
  async run({ args, options }, context) {
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    const { ":app": app } = client.api.apps;
    const route = app.environments[":environment"];
    let url: string | null;
    let isProtected = false;
    if (args.version !== undefined) {
      const version = String(readVersion(args.version));
      url = (await (await route.releases[":version"].$get({ param: { ...scope, version } })).json()).url;
    } else if (scope.environment === production) {
      url = (await (await app.$get({ param: scope })).json()).url;
    } else {
      ({ url, isProtected } = await (await route.$get({ param: scope })).json());
    }
    if (url === null) return { json: { url }, text: "Only releases of production have a permalink.", exitCode: 1 };
    // Another scheme would start whatever program is there for it.
    const isWeb = /^https?:\/\//.test(url);
    const opens = isWeb && !options.print && !context.json && context.settings.hasDisplay;
    // Whoever may open it is let in, and needs to hand the link on to nobody.
    const address =
      opens && isProtected
        ? (await (await route.share.$post({ param: scope, json: { forMs: openMs } })).json()).url
        : url;
    const opened = opens && (await showInBrowser(address, context.settings.env));
    return { json: { url, opened }, text: url };
  },
});
