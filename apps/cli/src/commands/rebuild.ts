import type { Client } from "@berth/api/client";
import { defineCommand, environmentOption } from "../framework/command.ts";
import { readPages } from "../pages.ts";
import { rebuildAll, rebuildExit, rebuildText } from "../rebuild.ts";
import { scopeOf } from "../scope.ts";

export const command = defineCommand({
  description:
    "Builds the source of the live release again, on the base images that are pinned now, and rolls it out. Nothing is rolled out where everything comes out the same. Needed after `berth bases update`, and after the server has moved to another runtime.",
  arguments: {},
  options: { ...environmentOption, all: { about: "Every environment of every app, one after the other" } },
  examples: [
    { line: "berth rebuild", about: "Production of this folder's app" },
    { line: "berth rebuild --all", about: "Everything that runs" },
  ],
  async run({ options }, context) {
    const client = await context.client();
    const { style } = context.terminal;
    const places = options.all
      ? await listLive(client)
      : [await scopeOf(context, options.env)].map(({ app, environment }) => `${app}/${environment}`);
    const rebuilt = await rebuildAll(context, client, places);
    return { json: rebuilt, text: rebuildText(rebuilt, style), exitCode: rebuildExit(rebuilt) };
  },
});

/** Every environment that serves something, as `app/environment`. */
async function listLive(client: Client): Promise<string[]> {
  const apps = await readPages<{ name: string }, string>(Infinity, async (query) =>
    (await client.api.apps.$get({ query })).json(),
  );
  const places = await Promise.all(
    apps.map(async ({ name }) => {
      const { items } = await (await client.api.apps[":app"].environments.$get({ param: { app: name } })).json();
      return items.filter(({ live }) => live !== null).map((environment) => `${name}/${environment.name}`);
    }),
  );
  return places.flat().sort();
}
