import type { Git } from "./git.ts";

/** A git remote that may be an app of a Berth server. */
export interface Remote {
  name: string;
  /** `http://localhost:4000`. */
  origin: string;
  app: string;
}

/** The name of the remote that `berth link` makes. */
export const remoteName = "berth";

/** The remotes of the folder's repository that look like an app's, `berth` first. None outside a repository or without git. */
export async function readRemotes(git: Git): Promise<readonly Remote[]> {
  const found = await git.run(["config", "--get-regexp", "^remote\\..*\\.url$"]).catch(() => null);
  if (found === null || found.code !== 0) return [];
  const remotes = found.output.split("\n").flatMap((line) => {
    const [, name, url] = /^remote\.(.*)\.url (.*)$/.exec(line) ?? [];
    const app = url === undefined ? null : parseAppUrl(url);
    return name === undefined || app === null ? [] : [{ name, ...app }];
  });
  return remotes.toSorted((a, b) => Number(b.name === remoteName) - Number(a.name === remoteName));
}

/** `http://localhost:4000/shop.git` as server and app; null for any other URL. */
export function parseAppUrl(url: string): { origin: string; app: string } | null {
  if (!URL.canParse(url)) return null;
  const { protocol, origin, pathname } = new URL(url);
  const app = /^\/([a-z][a-z0-9-]*)\.git\/?$/.exec(pathname)?.[1];
  return app === undefined || !/^https?:$/.test(protocol) ? null : { origin, app };
}

/** Where an app is pushed to. */
export function appUrl(origin: string, app: string): string {
  return `${origin}/${app}.git`;
}
