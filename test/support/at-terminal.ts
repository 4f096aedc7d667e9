import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { removeFolder } from "./remove-folder.ts";
import { until } from "./until.ts";

const run = promisify(execFile);

/** A command at a terminal of its own, as somebody sits before it. */
export interface AtTerminal {
  /** All that was shown. */
  screen(): string;
  type(text: string): void;
  sees(text: string | RegExp): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** Closes the window. */
  close(): void;
  exitCode: Promise<number | null>;
}

/** Starts a command at a terminal (by `script` of util-linux). */
export function startAtTerminal(
  command: readonly string[],
  { env, cwd, columns, rows }: { env: Record<string, string | undefined>; cwd: string; columns: number; rows: number },
): AtTerminal {
  const folder = mkdtempSync(join(tmpdir(), "berth-terminal-"));
  const nameFile = join(folder, "tty");
  const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const line = `tty > ${nameFile}; stty sane cols ${columns} rows ${rows}; exec ${quoted}`;
  const child = spawn("script", ["-qefc", line, "/dev/null"], {
    cwd,
    env: { ...env, SHELL: "/bin/sh", TERM: "xterm-256color" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let screen = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (screen += text));
  child.stdin.on("error", () => {});
  return {
    screen: () => screen,
    type: (text) => void child.stdin.write(text),
    async sees(text) {
      const isSeen = () => (typeof text === "string" ? screen.includes(text) : text.test(screen));
      await until(`the screen shows ${text}`, isSeen, 30_000).catch((error: unknown) => {
        throw new Error(`${String(error)}\nIt shows:\n${screen}`);
      });
    },
    async resize(width, height) {
      const terminal = readFileSync(nameFile, "utf8").trim();
      await run("stty", ["-F", terminal, "cols", String(width), "rows", String(height)]);
    },
    close: () => void child.kill("SIGKILL"),
    exitCode: new Promise((resolve) =>
      child.once("close", (code) => {
        removeFolder(folder);
        resolve(code);
      }),
    ),
  };
}
