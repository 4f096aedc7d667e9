import { confirmByName } from "./confirm.ts";
import type { Context } from "./context.ts";
import type { Outcome } from "./framework/command.ts";
import { count } from "./framework/output.ts";

/** Deletes an app, after its name was typed. Throws `app.not-found`, `auth.forbidden`. */
export async function deleteApp(context: Context, app: string, yes: boolean): Promise<Outcome> {
  const client = await context.client();
  const route = client.api.apps[":app"];
  const { items } = await (await route.environments.$get({ param: { app } })).json();
  const names = items.map(({ name }) => name).join(", ");
  const what =
    items.length === 0
      ? `This deletes ${app}, which has no environments.`
      : `This deletes ${app} with ${count(items.length, "environment")} (${names}), its releases and logs.`;
  await confirmByName(context, { what, name: app, yes });
  await route.$delete({ param: { app } });
  return { json: { deleted: app }, text: `${context.terminal.style.green("✓")} deleted ${app}` };
}
