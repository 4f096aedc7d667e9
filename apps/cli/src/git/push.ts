import { BerthError } from "@berth/core/errors";
import type { Git, GitOptions } from "./git.ts";

export interface PushRequest {
  url: string;
  /** What goes where, such as `<commit>:refs/berth/deploy/production`. */
  refspec: string;
  /** Settings for this one push, as `git config` pairs. */
  config: readonly (readonly [name: string, value: string])[];
  /** Called with each line that the server says, as it comes. */
  onLine(line: string): void;
}

export type PushResult = { accepted: true } | { accepted: false; reason: string };

/**
 * Pushes and hands on what the server says. A refusal is a result. Throws `git.failed`, `server.unreachable`, `auth.required`
 * where it did not come to that.
 */
export async function push(git: Git, request: PushRequest, options: GitOptions): Promise<PushResult> {
  const { url, refspec, config, onLine } = request;
  const said: string[] = [];
  let wasHeard = false;
  const settings = [...config, ["core.hooksPath", "/dev/null"], ["push.gpgSign", "false"]];
  const how = ["--force", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no"];
  const args = [...settings.flatMap(([name, value]) => ["-c", `${name}=${value}`]), "push", ...how, url, refspec];
  const { code, output } = await git.run(args, {
    ...options,
    onErrorLine(line) {
      const told = /^remote: ?(.*)$/.exec(line);
      if (told === null) return void said.push(line);
      wasHeard = true;
      onLine(told[1]!.trimEnd());
    },
  });
  if (code === 0) return { accepted: true };
  // `!<TAB>from:to<TAB>[remote rejected] (reason)`
  const reason = /^!\t.*\t\[[^\]]*\](?: \((.*)\))?$/m.exec(output)?.[1];
  if (reason !== undefined) return { accepted: false, reason };
  throw failure(url, said, wasHeard);
}

function failure(url: string, said: readonly string[], wasHeard: boolean): BerthError {
  const text = said.join("\n");
  const details = said.slice(-5);
  if (/Authentication failed|could not read (Username|Password)|returned error: 40[13]/.test(text)) {
    return new BerthError("auth.required", `The token for ${new URL(url).origin} was not accepted.`, {
      hint: `Run: berth login ${new URL(url).origin}`,
      details,
    });
  }
  if (wasHeard || /hung up|unexpected disconnect|RPC failed/.test(text)) {
    return new BerthError("server.unreachable", "The connection broke while the deploy was going on.", {
      hint: "It goes on at the server: berth operations list",
      details,
    });
  }
  if (/Failed to connect|Could not resolve|Connection (refused|reset)/.test(text)) {
    return new BerthError("server.unreachable", `Nothing answers at ${new URL(url).origin}.`, { details });
  }
  return new BerthError("git.failed", "git push failed.", { details });
}
