import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Client } from "@berth/api/client";
import type { Operation } from "@berth/core";
import { BerthError } from "@berth/core/errors";
import type { Context } from "../context.ts";
import { ensureApp } from "../choose-app.ts";
import { appOf } from "../deploy-folder.ts";
import { checkFolder, openFolder, tidyUp } from "../git/working-tree.ts";

/** What editors write beside what they save, whether or not a repository has rules against it. */
const editorFiles = ["*.sw[opx]", "*~", ".#*", "\\#*#", "4913", "*___jb_*___", ".*.kate-swp", ""].join("\n");

/** Sends a folder to the environment of whoever works on it, each time what has changed. */
export interface Sender {
  app: string;
  client: Client;
  folder: string;
  /** Throws `input.invalid` where the folder has gone. */
  check(): Promise<void>;
  /** Null where the folder is as it was when it was sent last. */
  send(): Promise<Sent | null>;
  /** The paths that git leaves out. */
  leftOut(): Promise<ReadonlySet<string>>;
  /** Notes what the server has now, and tidies up. */
  close(): Promise<void>;
}

export interface Sent {
  /** As it began. */
  operation: Operation;
  /** The files that are otherwise than the time before; none for the first time. */
  files(): Promise<readonly string[]>;
}

/** Makes all ready for sending a folder. Throws what finding its app and its server throws. */
export async function openSender(context: Context, folder: string): Promise<Sender> {
  const { settings, git, json, terminal, signal } = context;
  const [client, origin, app] = await Promise.all([context.client(), context.origin(), appOf(context, folder)]);
  const { readCredentials } = await import("@berth/api/client");
  const { clientFolder } = settings;
  const person = readCredentials(clientFolder).servers[origin]?.person ?? "berth";
  const [opened, isNew] = await Promise.all([
    openFolder(git, { folder, clientFolder, person, leftOut: editorFiles }),
    ensureApp(context, app, null),
  ]);
  if (isNew && !json) terminal.say(`Created the app ${app}.`);
  const { options } = opened;
  const ref = `refs/berth/dev/${createHash("sha256").update(`${origin} ${app}`).digest("hex").slice(0, 20)}`;
  const known = await git.run(["rev-parse", "--verify", "--quiet", ref], options);
  let base: string | null = isNew || known.code !== 0 ? null : known.output.trim();
  let lastTree: string | null = null;

  async function sendSince(tree: string): Promise<Operation> {
    const wanted = base === null ? `${tree}\n` : `${tree}\n^${base}\n`;
    const pack = git.stream(["pack-objects", "--revs", "--stdout", "-q"], wanted, options);
    try {
      return await client.sendWorkingTree({ app, tree, pack, signal });
    } catch (error) {
      if (base === null || !(error instanceof BerthError) || error.code !== "git.failed") throw error;
      base = null;
      return await sendSince(tree);
    }
  }

  async function changedSince(before: string | null, tree: string): Promise<readonly string[]> {
    if (before === null) return [];
    return (await git.read(["diff-tree", "-r", "--name-only", "-z", before, tree], options))
      .split("\0")
      .filter(Boolean);
  }

  return {
    app,
    client,
    folder,
    check: () => checkFolder(folder, settings.homeFolder),
    async send() {
      const tree = await opened.store();
      if (tree === lastTree) return null;
      const before = lastTree;
      const operation = await sendSince(tree);
      base = tree;
      lastTree = tree;
      return { operation, files: () => changedSince(before, tree) };
    },
    async leftOut() {
      const args = ["ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"];
      const paths = (await git.read(args, options)).split("\0").filter(Boolean);
      return new Set(paths.map((path) => join(folder, path.replace(/\/$/, ""))));
    },
    async close() {
      // The folder may have gone, and git cannot be started where there is none.
      const elsewhere = { ...options, cwd: clientFolder };
      if (base !== null) await git.run(["update-ref", ref, base], elsewhere);
      await tidyUp(git, elsewhere);
    },
  };
}
