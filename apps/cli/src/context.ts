import type { Client } from "@berth/api/client";
import type { Settings } from "./edge/settings.ts";
import type { Terminal } from "./edge/terminal.ts";
import type { Git } from "./git/git.ts";

/** What a command works with. Nothing is read or asked before it is used. */
export interface Context {
  settings: Settings;
  terminal: Terminal;
  git: Git;
  /** Whether `--json` was given. */
  json: boolean;
  /** Aborts with Ctrl-C. */
  signal: AbortSignal;
  now(): number;
  /** The server that is meant, such as `http://localhost:4000`. */
  origin(): Promise<string>;
  /** The same, but a remote of a server that the person does not know is not followed: it is about to be changed. */
  originForLink(): Promise<string>;
  /** A client of that server, or of another. Throws `auth.required` where there is no token for it. */
  client(origin?: string): Promise<Client>;
  /** The app that is meant. Throws `input.invalid` where nothing names one. */
  app(): Promise<string>;
  /** The app that is meant, or null. */
  findApp(): Promise<string | null>;
}
