import type { Client } from "@berth/api/client";
import { BerthError } from "@berth/core/errors";
import type { Context } from "./context.ts";
import type { Settings } from "./edge/settings.ts";
import { usageError } from "./framework/usage-error.ts";
import type { Git } from "./git/git.ts";
import { readRemotes, type Remote, remoteName } from "./git/remotes.ts";

export const defaultOrigin = "http://localhost:4000";

/**
 * What a command line means where it does not say: the server is that of `--server`, of the folder's remote, of the last login, or
 * the default; the app is that of `--app`, of the remote, or of a berth.yaml whose app exists.
 */
export function makeTarget(
  { settings, git }: { settings: Settings; git: Git },
  given: { app: string | undefined; server: string | undefined },
): Pick<Context, "origin" | "originForLink" | "client" | "app" | "findApp"> {
  const api = once(() => import("@berth/api/client"));
  const credentials = once(async () => (await api()).readCredentials(settings.clientFolder));
  const remotes = once(() => readRemotes(git));

  /** The remote `berth`, or else one that points at a server there is a token for. */
  const linked = once(async (): Promise<Remote | null> => {
    const [found, { servers }] = await Promise.all([remotes(), credentials()]);
    const wanted = given.server === undefined ? null : readOrigin(given.server);
    const isMeant = ({ name, origin }: Remote) =>
      wanted === null ? name === remoteName || Object.hasOwn(servers, origin) : origin === wanted;
    return found.find(isMeant) ?? null;
  });

  const origin = once(async (): Promise<string> => {
    if (given.server !== undefined) return readOrigin(given.server);
    return (await linked())?.origin ?? (await credentials()).current ?? defaultOrigin;
  });

  const client = async (at: string | Promise<string>): Promise<Client> => {
    const [{ makeClient }, { servers }, url] = await Promise.all([api(), credentials(), at]);
    const token = servers[url]?.token;
    if (token !== undefined) return makeClient({ url, token });
    throw new BerthError("auth.required", `You are not logged in to ${url}.`, {
      hint: `Run: berth login ${url}`,
    });
  };

  const findApp = once(async (): Promise<string | null> => {
    if (given.app !== undefined) return given.app;
    const remote = await linked();
    if (remote !== null) return remote.app;
    const { readConfiguredName } = await import("./configured-name.ts");
    const name = await readConfiguredName(git, settings.cwd);
    if (name === null) return null;
    const isThere = await exists(await client(origin()), name);
    return isThere ? name : null;
  });

  return {
    async originForLink() {
      const { servers, current } = await credentials();
      const found = await origin();
      return given.server !== undefined || Object.hasOwn(servers, found) ? found : (current ?? found);
    },
    origin,
    client: (at) => client(at ?? origin()),
    findApp,
    async app() {
      const app = await findApp();
      if (app !== null) return app;
      throw usageError("Nothing here says which app is meant.", "Name it with --app, or link this folder: berth link");
    },
  };
}

/** The origin of an address as people type it: `localhost:4000` is enough. Throws `input.invalid`. */
export function readOrigin(address: string): string {
  const url = /^https?:\/\//i.test(address) ? address : `http://${address}`;
  const origin = URL.canParse(url) ? new URL(url).origin : null;
  if (origin !== null && !/\s/.test(address)) return origin;
  throw usageError(`${JSON.stringify(address)} is not the address of a server.`, `It looks like ${defaultOrigin}.`);
}

/** Whether the server has an app of this name. */
export async function exists(client: Client, app: string): Promise<boolean> {
  try {
    await client.api.apps[":app"].$get({ param: { app } });
    return true;
  } catch (error) {
    if (error instanceof BerthError && error.code === "app.not-found") return false;
    throw error;
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
