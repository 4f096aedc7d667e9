import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gitCredentialConfig } from "../../../packages/api/src/client.ts";
import type { Berth } from "../../support/berth.ts";

const run = promisify(execFile);
const example = join(import.meta.dirname, "../../../examples/express");

/** An app as people have it: a framework with a lockfile, in a repository that `berth link` has made known to a server. */
export interface NotesApp {
  folder: string;
  /** Changes the code, so that its answer holds `text`, and commits. */
  say(text: string): Promise<void>;
  git(...args: string[]): Promise<void>;
  remove(): void;
}

/** Makes the repository with this many files beside the app's own. */
export async function makeNotesApp(berth: Berth, name: string, files: number): Promise<NotesApp> {
  const folder = mkdtempSync(join(tmpdir(), "berth-bench-"));
  const env = {
    PATH: process.env["PATH"],
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_AUTHOR_NAME: "Ada",
    GIT_AUTHOR_EMAIL: "ada@example.org",
    GIT_COMMITTER_NAME: "Ada",
    GIT_COMMITTER_EMAIL: "ada@example.org",
  };
  const git = async (...args: string[]) => void (await run("git", args, { cwd: folder, env }));
  for (const file of ["package.json", "package-lock.json"]) cpSync(join(example, file), join(folder, file));
  writeFileSync(join(folder, "server.js"), server);
  for (let index = 0; index < files; index++) writeModule(folder, index);
  await git("init", "--quiet", "--initial-branch=main");
  await git("remote", "add", "berth", `${berth.url}/${name}.git`);
  for (const [key, value] of gitCredentialConfig(join(berth.home, "client"), berth.url))
    await git("config", "--add", key, value);
  return {
    folder,
    git,
    async say(text) {
      writeFileSync(join(folder, "greeting.js"), `export const greeting = ${JSON.stringify(text)};\n`);
      await git("add", "--all");
      await git("commit", "--quiet", "--message", text);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const server = `import express from "express";
import { greeting } from "./greeting.js";

const app = express();
app.get("/", (_request, response) => response.send(greeting));
app.listen(Number(process.env.PORT));
`;

/** Files of 1 to 3 kB that compress as code does, 25 to a folder. */
function writeModule(folder: string, index: number): void {
  const place = join(folder, "lib", `part-${Math.floor(index / 25)}`);
  mkdirSync(place, { recursive: true });
  const lines = Array.from(
    { length: 20 + (index % 40) },
    (_, line) => `export const value${line} = compute(${index * 7919 + line * 104_729}, "module ${index}");`,
  );
  writeFileSync(join(place, `module-${index}.js`), `${lines.join("\n")}\n`);
}
