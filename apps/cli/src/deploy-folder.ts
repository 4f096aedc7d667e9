import type { Client } from "@berth/api/client";
import type { Operation } from "@berth/core";
import { checkEnvironmentName, production } from "@berth/core/light";
import { ensureApp, nameForFolder } from "./choose-app.ts";
import type { Context } from "./context.ts";
import { usageError } from "./framework/usage-error.ts";
import { push } from "./git/push.ts";
import { appUrl } from "./git/remotes.ts";
import { commitWorkingTree, keepWorkingTree } from "./git/working-tree.ts";
import type { Scope } from "./scope.ts";

/** A large folder takes git some time to pack; longer than this nobody should have to wonder. */
const silenceMs = 1_000;

/** Sends a folder as it is to an environment and shows what becomes of it. A deploy that is refused is a result. */
export async function deployFolder(context: Context, folder: string, env: string | undefined) {
  const { settings, git, terminal, signal } = context;
  const [client, origin, app] = await Promise.all([context.client(), context.origin(), appOf(context, folder)]);
  const scope: Scope = { app, environment: env ?? production };
  checkEnvironmentName(app, scope.environment);

  const { readCredentials, gitCredentialConfig } = await import("@berth/api/client");
  const { clientFolder } = settings;
  const person = readCredentials(clientFolder).servers[origin]?.person ?? "berth";
  const wantsResult = context.json || !terminal.isShown;
  const told: string[] = [];
  const silence = setTimeout(() => {
    if (told.length === 0 && !context.json) terminal.say("Packing the folder …");
  }, silenceMs).unref();
  const [workingTree, isNew, before] = await Promise.all([
    commitWorkingTree(git, { folder, clientFolder, person }),
    ensureApp(context, app, null),
    wantsResult ? newestOperation(client, scope) : "",
  ]);
  if (isNew && !context.json) terminal.say(`Created the app ${app}.`);

  const request = {
    url: appUrl(origin, app),
    refspec: `${workingTree.commit}:refs/berth/deploy/${scope.environment}`,
    config: gitCredentialConfig(clientFolder, origin),
    onLine(line: string) {
      told.push(line);
      if (!context.json) terminal.say(line);
    },
  };
  const result = await push(git, request, { ...workingTree.options, signal }).catch((error: unknown) => {
    if (signal.aborted && told.length > 0) terminal.say("It goes on at the server: berth operations list");
    throw error;
  });
  clearTimeout(silence);
  if (result.accepted) await keepWorkingTree(git, workingTree);
  const made = wantsResult
    ? await whatItMade(client, scope, { person, before, tree: workingTree.tree })
    : { operation: null, release: null };
  if (result.accepted) return { refused: null, ...made };
  const { reason } = result;
  return { refused: { reason, wasTold: told.some((line) => line.includes(reason)) }, ...made };
}

/** The app of the folder; where there is none yet, the name for a new one, which a person is asked for. */
export async function appOf(context: Context, folder: string): Promise<string> {
  const app = await context.findApp();
  if (app !== null) return app;
  const { terminal } = context;
  const { name, from } = await nameForFolder(context, folder, undefined);
  if (from === "berth.yaml") return name;
  if (!terminal.canAsk) {
    throw usageError("Nothing here says which app this is.", `Name it: berth deploy --app ${name}`);
  }
  const answer = await terminal.ask(`Name of the new app [${name}]: `);
  return answer === "" ? name : (await nameForFolder(context, folder, answer)).name;
}

async function newestOperation(client: Client, scope: Scope): Promise<string> {
  const { items } = await (await client.api.operations.$get({ query: { ...scope, limit: 1 } })).json();
  return items[0]?.id ?? "";
}

/** The operation that a push started: the newest of this person since, whose release has the tree where there is one. */
async function whatItMade(
  client: Client,
  scope: Scope,
  { person, before, tree }: { person: string; before: string; tree: string },
) {
  const { items } = await (await client.api.operations.$get({ query: { ...scope, limit: 20 } })).json();
  const ours = items.filter(({ id, kind, actor }) => id > before && kind === "deploy" && actor === person);
  const route = client.api.apps[":app"].environments[":environment"].releases[":version"];
  let failed: Operation | null = null;
  for (const operation of ours) {
    if (operation.version === null) {
      failed ??= operation;
      continue;
    }
    const release = await (await route.$get({ param: { ...scope, version: String(operation.version) } })).json();
    if (release.origin.tree === tree) return { operation, release };
  }
  return { operation: failed, release: null };
}
