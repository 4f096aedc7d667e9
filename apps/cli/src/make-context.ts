import type { CliDeps } from "./cli.ts";
import type { Context } from "./context.ts";
import type { Terminal } from "./edge/terminal.ts";
import type { OptionValue } from "./framework/command.ts";
import { makeGit } from "./git/git.ts";
import { makeTarget } from "./target.ts";

/** What a command works with, from the options that every command has. */
export function makeContext(
  { settings, signal, now, terminal }: CliDeps & { terminal: Terminal },
  { app, server, json }: Readonly<Record<string, OptionValue>>,
): Context {
  const git = makeGit(settings.cwd, settings.env);
  const text = (value: OptionValue) => (typeof value === "string" ? value : undefined);
  return {
    settings,
    terminal,
    git,
    json: json === true,
    signal,
    now,
    ...makeTarget({ settings, git }, { app: text(app), server: text(server) }),
  };
}
