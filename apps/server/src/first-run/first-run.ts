import { userInfo } from "node:os";
import { join } from "node:path";
import { readCredentials, saveCredential } from "@berth/api/client";
import { personOfUser, production, type Store } from "@berth/core";
import { pushExample } from "./example-push.ts";
import type { RunningServer } from "../server.ts";

const root = join(import.meta.dirname, "../../../..");
const exampleApp = "hello";

export interface FirstRunOptions {
  /** The folder that holds the local user's tokens. */
  client: string;
  /** Where programs are found. */
  path: string;
  /** Tells the person who started the server. */
  say(line: string): void;
}

/** Leaves the local user logged in: a token of their own, in a file for them alone. Nothing happens where there is one that is good. */
export async function logInLocalUser(server: RunningServer, { client }: FirstRunOptions): Promise<string> {
  const { origin } = server.urls;
  const kept = readCredentials(client).servers[origin];
  if (kept !== undefined && (await server.isToken(kept.token))) return kept.token;
  const person = personOfUser(usernameOr("me"));
  const token = await server.createToken(person, "this machine");
  saveCredential(client, origin, { token, person });
  return token;
}

/** Deploys the example by a real push, the first time a server starts that has no apps, and again where that failed. */
export async function deployExample(
  server: RunningServer,
  token: string,
  { path, say }: FirstRunOptions,
): Promise<void> {
  const { store, urls } = server;
  if ((await store.installation.get("example")) !== null || !(await isUntouched(store))) return;
  say("First start: deploying examples/hello with git push");
  const pushed = await pushExample({
    folder: join(root, "examples", exampleApp),
    url: `${urls.origin}/${exampleApp}.git`,
    token,
    path,
    onLine: (line) => say(`  ${line.trimEnd()}`),
  });
  if (!pushed) return say("The example could not be deployed; the lines above say why. The next start tries again.");
  await store.installation.put("example", "deployed");
  const berth = join(root, "bin/berth");
  say("");
  say(`Open ${urls.ofEnvironment({ app: exampleApp, environment: production })}`);
  say("");
  say("Next, in a repository of your own:");
  say(`  ${berth} link`);
  say("  git push berth main");
}

/** Nobody has deployed anything: there is no app but the example's, whose deploy failed. */
async function isUntouched(store: Store): Promise<boolean> {
  const apps = await store.apps.list({ limit: 2 });
  if (apps.some(({ name }) => name !== exampleApp)) return false;
  return ((await store.environments.get(exampleApp, production))?.live ?? null) === null;
}

/** An image may have no name for the number that it runs as. */
function usernameOr(name: string): string {
  try {
    return userInfo().username;
  } catch {
    return name;
  }
}
