import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BerthError } from "@berth/core/errors";

/** Where a person's tokens are kept on their machine: a folder for them alone, such as `~/.berth/client`. */
export interface Credentials {
  /** The server that commands mean where a folder is not linked to another. */
  current: string | null;
  /** By origin, such as `http://localhost:4000`. */
  servers: Record<string, Credential>;
}

export interface Credential {
  token: string;
  person: string;
}

/** Reads what is kept in this folder; nothing where there is none. Throws `settings.invalid` for a file that is not what Berth wrote. */
export function readCredentials(folder: string): Credentials {
  const file = credentialsFile(folder);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return { current: null, servers: {} };
    throw new BerthError("settings.invalid", "The file with your tokens cannot be read.", { path: file, cause: error });
  }
  try {
    const parsed = JSON.parse(text) as Credentials;
    if (typeof parsed.servers === "object" && parsed.servers !== null) return parsed;
  } catch {
    // Told below, as is JSON of another shape.
  }
  throw new BerthError("settings.invalid", "The file with your tokens is not what Berth wrote.", {
    path: file,
    hint: "Remove it and run: berth login",
  });
}

/** Keeps a token for a server and makes it the current one. Files are for their owner alone and replaced in one step. */
export function saveCredential(folder: string, origin: string, credential: Credential): void {
  const { servers } = readCredentials(folder);
  writePrivate(
    credentialsFile(folder),
    JSON.stringify({ current: origin, servers: { ...servers, [origin]: credential } }, null, 2),
  );
  writePrivate(gitCredentialFile(folder, origin), `username=${credential.person}\npassword=${credential.token}\n`);
}

/** Forgets the token for a server. */
export function removeCredential(folder: string, origin: string): void {
  const { current, servers } = readCredentials(folder);
  const others = Object.fromEntries(Object.entries(servers).filter(([kept]) => kept !== origin));
  const next = current === origin ? (Object.keys(others)[0] ?? null) : current;
  writePrivate(credentialsFile(folder), JSON.stringify({ current: next, servers: others }, null, 2));
  rmSync(gitCredentialFile(folder, origin), { force: true });
}

/**
 * Git settings that answer its question for a password at this server from the file beside the tokens, as `git config` pairs.
 * The empty helper first keeps git's other helpers from being asked and from storing the token elsewhere.
 */
export function gitCredentialConfig(folder: string, origin: string): [name: string, value: string][] {
  const file = quoted(gitCredentialFile(folder, origin));
  const absent = quoted(`You are not logged in to ${origin}: run berth login ${origin}`);
  const name = `credential.${origin}.helper`;
  return [
    [name, ""],
    [name, `!f() { test "$1" != get || cat ${file} 2>/dev/null || echo ${absent} >&2; }; f`],
  ];
}

/** As one word of a shell's command. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function credentialsFile(folder: string): string {
  return join(folder, "credentials.json");
}

/** The answer that git's credential protocol wants, ready to be printed: starting a program of ours would cost each push 50 ms. */
function gitCredentialFile(folder: string, origin: string): string {
  return join(folder, "git", new URL(origin).host.replaceAll(":", "_"));
}

function writePrivate(file: string, text: string): void {
  const folder = join(file, "..");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, text, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, file);
}
