import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { docker } from "./containers.ts";

/** By what an installation's containers, networks and volumes are told from those of others. */
export function installationOf({ home }: { home: string }): string {
  // The server keeps its database to itself, so a copy is read.
  const copy = mkdtempSync(join(tmpdir(), "berth-database-"));
  try {
    for (const name of ["berth.db", "berth.db-wal"]) {
      if (existsSync(join(home, name))) cpSync(join(home, name), join(copy, name));
    }
    const database = new DatabaseSync(join(copy, "berth.db"));
    const row = database.prepare("select value from installation where name = 'installation'").get();
    database.close();
    return String(row?.["value"]);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** The ids of the images that an installation has given to an engine or had built by it. */
export function engineImagesOf(installation: string): Promise<string[]> {
  return imagesOf(installation, "{{.ID}}");
}

/** Removes from an engine all that a server leaves there for its next start, and what a crash of it has left: containers, images, caches of builds and networks. */
export async function clearEngine(installation: string): Promise<void> {
  const labels = ["dev.berth.installation", "dev.berth.build"].map((label) => `label=${label}=${installation}`);
  const found = async (...args: string[]) =>
    (await Promise.all(labels.map((label) => docker(...args, "--quiet", "--filter", label)))).flatMap(linesOf);
  await remove(["rm", "--force", "--volumes"], await found("ps", "--all"));
  // By name: what another installation has of the same content stays.
  await remove(["image", "rm", "--force"], await imagesOf(installation, "{{.Repository}}:{{.Tag}}"));
  await remove(["volume", "rm", "--force"], await found("volume", "ls"));
  await remove(["network", "rm"], await found("network", "ls"));
}

async function imagesOf(installation: string, format: string): Promise<string[]> {
  const names = [`berth-${installation}/*`, `berth-build/${installation}*`];
  const filters = names.flatMap((name) => ["--filter", `reference=${name}`]);
  return [...new Set(linesOf(await docker("images", "--no-trunc", "--format", format, ...filters)))];
}

async function remove(command: string[], what: readonly string[]): Promise<void> {
  if (what.length > 0) await docker(...command, ...what);
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
