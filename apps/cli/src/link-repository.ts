import { BerthError } from "@berth/core/errors";
import { nameForFolder } from "./choose-app.ts";
import { confirm } from "./confirm.ts";
import type { Context } from "./context.ts";
import { readBranches } from "./git/branches.ts";
import { appUrl, remoteName } from "./git/remotes.ts";
import { exists } from "./target.ts";

export interface Linked {
  app: string;
  url: string;
  /** The app was created. */
  isNew: boolean;
  /** The branch the person is on. */
  branch: string;
  /** The branch whose pushes go to production; null until the first push. */
  defaultBranch: string | null;
  hasCommit: boolean;
}

/** Connects a repository with an app: the app, the remote, and how git logs in there. */
export async function linkRepository(
  context: Context,
  folder: string,
  { name: given, yes }: { name: string | undefined; yes: boolean },
): Promise<Linked> {
  const { git, settings } = context;
  const origin = await context.originForLink();
  const client = await context.client(origin);
  // Linking again repairs: the app of a remote that is there already stays.
  const linked = origin === (await context.origin()) ? await context.findApp() : null;
  const { name: app } = await nameForFolder(context, folder, given ?? linked ?? undefined);
  const url = appUrl(origin, app);
  await checkRemote(context, url, yes);

  const branches = await readBranches(git, folder);
  const isNew = !(await exists(client, app));
  if (isNew) await client.api.apps.$post({ json: { name: app, defaultBranch: branches.production } });
  const { defaultBranch } = await (await client.api.apps[":app"].$get({ param: { app } })).json();

  await git.read(["remote", (await remoteUrl(context)) === null ? "add" : "set-url", remoteName, url]);
  const { gitCredentialConfig } = await import("@berth/api/client");
  await setConfig(context, gitCredentialConfig(settings.clientFolder, origin));
  return { app, url, isNew, branch: branches.current, defaultBranch, hasCommit: branches.hasCommit };
}

async function remoteUrl({ git }: Context): Promise<string | null> {
  const { code, output } = await git.run(["config", "--local", "--get", `remote.${remoteName}.url`]);
  return code === 0 ? output.trim() : null;
}

/** Throws `conflict` where a remote of this name points elsewhere and the person does not want it changed. */
async function checkRemote(context: Context, url: string, yes: boolean): Promise<void> {
  const there = await remoteUrl(context);
  if (there === null || there === url || yes) return;
  const { terminal } = context;
  // A URL may carry a password.
  const shown = there.replace(/\/\/[^/@]*@/, "//");
  if (terminal.canAsk && (await confirm(context, `The remote berth points at ${shown}. Point it at ${url}?`))) return;
  throw new BerthError("conflict", `The remote berth points at ${shown}, not at ${url}.`, {
    hint: "Add --yes to change it, or rename it: git remote rename berth old-berth",
  });
}

/** Sets what git reads as a list: the first entry of a name replaces what there was. */
async function setConfig({ git }: Context, pairs: readonly (readonly [string, string])[]): Promise<void> {
  for (const name of new Set(pairs.map(([name]) => name))) {
    await git.run(["config", "--local", "--unset-all", name]);
  }
  for (const [name, value] of pairs) await git.read(["config", "--local", "--add", name, value]);
}
