import type { Client } from "@berth/api/client";
import { production, scopesOf, scopeWords } from "@berth/core/light";
import { type Setting, heldLines, settingsTable, settingsText } from "../../views/config.ts";
import { defineCommand } from "../../framework/command.ts";

export const command = defineCommand({
  description:
    "Variables that are stored, with where they hold and who has set them; not those of berth.yaml. Values are shown with --reveal alone, to owners, and the audit keeps who has seen them.",
  arguments: {},
  options: {
    env: {
      about: "Only what this environment has",
      short: "e",
      value: "name",
      completes: "environments",
    },
    reveal: { about: "With values, as a .env file. Needs the role owner" },
  },
  examples: [
    { line: "berth config", about: "All of the app" },
    { line: "berth config list --env staging", about: "What staging has, from wherever" },
    { line: "berth config list --env production --reveal", about: "With values" },
  ],
  async run({ options }, context) {
    const [app, client] = await Promise.all([context.app(), context.client()]);
    const route = client.api.apps[":app"].config;
    const { env } = options;
    const scopes = env === undefined ? null : await scopesFor(client, app, env);
    const isMeant = ({ scope }: Setting) => scopes === null || scopes.includes(scope);
    const { style } = context.terminal;
    if (options.reveal) {
      const answers = await Promise.all(
        (scopes ?? [null]).map(async (scope) => (await route.reveal.$post({ param: { app }, json: { scope } })).json()),
      );
      const items = answers.flatMap((answer) => answer.items);
      return { json: items, text: items.length === 0 ? "Nothing is set." : settingsText(items), isExact: true };
    }
    const { items, held } = await (await route.$get({ param: { app } })).json();
    const shown = items.filter(isMeant);
    const told = heldLines(held.filter(({ environment }) => env === undefined || environment === env));
    const none =
      env === undefined ? "Nothing is set" : `Nothing is set for ${scopeWords({ scope: env, service: null })}`;
    const table =
      shown.length === 0 ? `${none}: berth config set KEY=value` : settingsTable(shown, context.now(), style);
    return { json: { items: shown, held }, text: [table, ...told.map(style.yellow)].join("\n") };
  },
});

/** The scopes that an environment has its settings from. One that is not there yet will be a preview. */
async function scopesFor(client: Client, app: string, name: string): Promise<string[]> {
  const { items } = await (await client.api.apps[":app"].environments.$get({ param: { app } })).json();
  const kind = items.find((one) => one.name === name)?.kind ?? (name === production ? "production" : "preview");
  return scopesOf({ name, kind });
}
