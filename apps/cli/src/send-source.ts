import { BerthError } from "@berth/core/errors";
import type { Context } from "./context.ts";
import { type PushRequest, push } from "./git/push.ts";
import type { GitOptions } from "./git/git.ts";
import { appUrl } from "./git/remotes.ts";
import { commitWorkingTree, keepWorkingTree } from "./git/working-tree.ts";
import type { Scope } from "./scope.ts";

/** What the server calls what was sent. */
export type SourceId = { commit: string } | { tree: string };

/** Sends a folder as it is to where it can be asked about, and deploys nothing. */
export async function sendFolder(context: Context, scope: Scope, folder: string): Promise<SourceId> {
  const { settings, git } = context;
  const [{ readCredentials }, origin] = await Promise.all([import("@berth/api/client"), context.origin()]);
  const { clientFolder } = settings;
  const person = readCredentials(clientFolder).servers[origin]?.person ?? "berth";
  const workingTree = await commitWorkingTree(git, { folder, clientFolder, person });
  await send(context, scope, workingTree.commit, workingTree.options);
  await keepWorkingTree(git, workingTree);
  return { tree: workingTree.tree };
}

/** The same with a commit of the folder's repository. Throws `input.invalid` where it has no such. */
export async function sendCommit(context: Context, scope: Scope, ref: string): Promise<SourceId> {
  const { code, output } = await context.git.run([
    "rev-parse",
    "--verify",
    "--quiet",
    "--end-of-options",
    `${ref}^{commit}`,
  ]);
  const commit = output.trim();
  if (code !== 0 || commit === "") {
    throw new BerthError("input.invalid", `This repository has no commit ${JSON.stringify(ref)}.`, {
      hint: "It takes a branch, a tag or a commit; without one it takes the folder as it is.",
    });
  }
  await send(context, scope, commit, {});
  return { commit };
}

async function send(context: Context, { app, environment }: Scope, commit: string, options: GitOptions): Promise<void> {
  const { settings, git, terminal, signal } = context;
  const [{ gitCredentialConfig }, origin] = await Promise.all([import("@berth/api/client"), context.origin()]);
  const request: PushRequest = {
    url: appUrl(origin, app),
    refspec: `${commit}:refs/berth/source/${environment}`,
    config: gitCredentialConfig(settings.clientFolder, origin),
    onLine: (line) => terminal.say(line),
  };
  const result = await push(git, request, { ...options, signal });
  if (!result.accepted) throw new BerthError("git.failed", `The server did not take it: ${result.reason}.`);
}
