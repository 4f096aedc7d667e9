import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { BerthError, hasCode } from "@berth/core";

/**
 * The secrets that builds may name: a file for each, `<folder>/<app>/<NAME>`, or `<folder>/<NAME>` for all apps. A line's end at the end
 * of a file is not part of the secret.
 */
export function makeBuildSecrets(
  folder: string,
): (app: string, names: readonly string[]) => Promise<Record<string, string>> {
  return async (app, names) => {
    const found = await Promise.all(names.map(async (name) => [name, await findSecret(folder, app, name)] as const));
    return Object.fromEntries(found);
  };
}

async function findSecret(folder: string, app: string, name: string): Promise<string> {
  for (const path of [join(folder, app, name), join(folder, name)]) {
    try {
      return (await readFile(path, "utf8")).replace(/\r?\n$/, "");
    } catch (error) {
      if (!hasCode(error, "ENOENT") && !hasCode(error, "EISDIR") && !hasCode(error, "ENOTDIR")) throw error;
    }
  }
  throw new BerthError(
    "secret.missing",
    `The build of ${app} names the secret ${name}, which the server does not have.`,
    {
      path: name,
      hint: `Write it to ${join(folder, app, name)} on the server, for its owner alone (chmod 600), and push again.`,
    },
  );
}
