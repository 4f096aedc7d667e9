import { basename } from "node:path";
import { checkAppName, suggestAppName } from "@berth/core/light";
import { readConfiguredName } from "./configured-name.ts";
import type { Context } from "./context.ts";
import { usageError } from "./framework/usage-error.ts";

/**
 * A name for the app of a folder that has none yet: what was given, else the `name` in its berth.yaml, else one made of the
 * folder's name. Throws `app.invalid-name`, `input.invalid` where nothing can be used.
 */
export async function nameForFolder(
  { git }: Pick<Context, "git">,
  folder: string,
  given: string | undefined,
): Promise<{ name: string; from: "given" | "berth.yaml" | "folder" }> {
  if (given !== undefined) {
    checkAppName(given);
    return { name: given, from: "given" };
  }
  const configured = await readConfiguredName(git, folder);
  if (configured !== null) return { name: configured, from: "berth.yaml" };
  const suggested = suggestAppName(basename(folder));
  if (suggested !== null) return { name: suggested, from: "folder" };
  throw usageError(
    `The folder's name ${JSON.stringify(basename(folder))} cannot be an app's, which has 3 to 30 letters, digits and hyphens.`,
    "Give the app a name: berth link my-app",
  );
}

/** Creates an app where it is missing; true where it did. */
export async function ensureApp(context: Context, name: string, defaultBranch: string | null): Promise<boolean> {
  const { exists } = await import("./target.ts");
  const client = await context.client();
  if (await exists(client, name)) return false;
  await client.api.apps.$post({ json: { name, defaultBranch } });
  return true;
}
