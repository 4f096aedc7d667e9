import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { expectWholeStore, imagesOf, onEngine } from "./stored.ts";

/** Removing 100,000 files takes a while on a busy disk. */
const cleanUpMs = 180_000;

/** A server of its own for one test. */
export async function openInstallation(env: Record<string, string>): Promise<Berth> {
  const berth = await startBerth(env);
  onTestFinished(() => berth.stop(), cleanUpMs);
  return berth;
}

/** A repository for one test, of an app of this name. */
export async function openRepository(berth: Berth, app: string, files: Record<string, string>): Promise<Repository> {
  const repository = await makeRepository(berth, app, files);
  onTestFinished(() => repository.remove(), cleanUpMs);
  return repository;
}

/** A folder for one test. */
export function openFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "berth-bad-input-"));
  onTestFinished(() => removeFolder(folder));
  return folder;
}

/** Pushes what cannot be deployed, and returns what the pusher sees without git's words around it. Nothing of it may stay. */
export async function pushRefused(berth: Berth, repository: Repository): Promise<string> {
  const look = async () => ({ images: await imagesOf(berth), engine: await onEngine(berth) });
  const before = await look();
  const { ok, output } = await repository.push();
  expect(output).toContain("[remote rejected]");
  expect(ok).toBe(false);
  await expectWholeStore(berth);
  // The container of a build is removed while its push is answered.
  await expect.poll(look, { timeout: 10_000 }).toEqual(before);
  return output.replaceAll(/^remote: ?| +$/gm, "");
}
