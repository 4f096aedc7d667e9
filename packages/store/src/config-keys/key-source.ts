import { execFile } from "node:child_process";
import { chmod, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { BerthError, hasCode, type KeyRing } from "@berth/core";
import { parseKeys, unreadableKeys, writeKeys } from "./key-text.ts";

/** Where keys come from. */
export interface KeySource {
  /** Null: there are none yet. */
  read(): Promise<KeyRing | null>;
  /** Null: somebody else keeps them, and has to change them. */
  write: ((ring: KeyRing) => Promise<void>) | null;
}

/** A file of its owner alone. What is written is there whole or not at all, also after a loss of power. */
export function keyFile(path: string): KeySource {
  return {
    async read() {
      try {
        const text = await readFile(path, "utf8");
        // Where it is mounted read-only this cannot be changed, and need not be.
        if (((await stat(path)).mode & 0o077) !== 0) await chmod(path, 0o600);
        return parseKeys(text, path);
      } catch (error) {
        if (hasCode(error, "ENOENT")) return null;
        if (error instanceof BerthError) throw error;
        throw unreadableKeys(path, (error as Error).message);
      }
    },
    async write(ring) {
      const draft = `${path}.new`;
      await rm(draft, { force: true });
      const file = await open(draft, "wx", 0o600);
      try {
        await file.writeFile(writeKeys(ring));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, path);
      const folder = await open(dirname(path), "r");
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    },
  };
}

/**
 * A program that prints the keys, such as one that asks a key management service; one that does not end is killed. What it prints is in no
 * error and no log.
 */
export function keyCommand(argv: readonly string[], env: NodeJS.ProcessEnv, timeoutMs = 30_000): KeySource {
  const [program = "", ...args] = argv;
  const name = "BERTH_CONFIG_KEY_COMMAND";
  return {
    async read() {
      try {
        const limits = { timeout: timeoutMs, killSignal: "SIGKILL", maxBuffer: 64 * 1024 } as const;
        const { stdout } = await promisify(execFile)(program, args, { env, ...limits });
        return parseKeys(stdout, name);
      } catch (error) {
        if (error instanceof BerthError) throw error;
        throw new BerthError("settings.invalid", `${name} has failed: ${whyFailed(error)}.`, {
          path: name,
          hint: "It is a program with arguments, without a shell, that prints the config keys and ends with 0 within 30 s.",
          details: lastLines(error),
        });
      }
    },
    write: null,
  };
}

function whyFailed(error: unknown): string {
  if (hasCode(error, "ENOENT")) return "there is no such program";
  if (hasCode(error, "EACCES")) return "it may not be run";
  if (hasCode(error, "ERR_CHILD_PROCESS_STDIO_MAXBUFFER")) return "it printed more than any number of keys";
  const { code, signal } = error as { code?: unknown; signal?: unknown };
  return typeof code === "number"
    ? `it ended with ${code}`
    : typeof signal === "string"
      ? `it ended by ${signal}`
      : "it could not be run";
}

/** What it said on its error output. */
function lastLines(error: unknown): string[] {
  const { stderr } = error as { stderr?: unknown };
  return typeof stderr === "string"
    ? stderr
        .trim()
        .split("\n")
        .slice(-5)
        .filter((line) => line !== "")
    : [];
}
