import { createHash } from "node:crypto";
import { createReadStream, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { expect } from "vitest";
import type { Berth } from "../support/berth.ts";
import { docker } from "../support/containers.ts";
import { installationOf } from "../support/engine.ts";

interface Manifest {
  config?: { digest: string };
  layers?: { digest: string }[];
  manifests?: { digest: string }[];
}

/** Fails where the images of a server are not whole: a blob that is not what its name says or lacks what it names, or something that was begun and left. */
export async function expectWholeStore({ home }: Pick<Berth, "home">): Promise<void> {
  const layout = join(home, "images");
  const folder = join(layout, "blobs/sha256");
  const names = list(folder);
  for (const name of names) expect(await hashOf(join(folder, name))).toBe(name);
  const index: Manifest = JSON.parse(readFileSync(join(layout, "index.json"), "utf8"));
  for (const digest of reach(index, folder)) expect(names).toContain(digest.replace("sha256:", ""));
  expect(list(join(layout, "drafts"))).toEqual([]);
  expect(list(join(home, "work"))).toEqual([]);
}

/** The images that a server tells of. */
export async function imagesOf(berth: Berth): Promise<string[]> {
  const answer = await berth.api().images.$get({ query: {} });
  return (await answer.json()).images.map(({ digest }) => digest);
}

/** What was begun to be fetched and can be gone on with, in bytes of each file. */
export function partialsOf({ home }: Pick<Berth, "home">): string[] {
  return list(join(home, "images/partial"));
}

/** The names of all that an engine has of an installation's apps and builds, save the network that builds share. */
export async function onEngine(berth: Pick<Berth, "home">): Promise<string[]> {
  const installation = installationOf(berth);
  const found = await Promise.all(
    ["dev.berth.installation", "dev.berth.build"].flatMap((label) => {
      const filter = ["--filter", `label=${label}=${installation}`];
      return [
        docker("ps", "--all", ...filter, "--format", "{{.Names}}"),
        docker("network", "ls", ...filter, "--format", "{{.Name}}"),
      ];
    }),
  );
  return found
    .flatMap((text) => text.split("\n"))
    .filter((name) => name !== "" && name !== `berth-build-${installation}`);
}

function reach(manifest: Manifest, folder: string): string[] {
  const { config, layers = [], manifests = [] } = manifest;
  const named = [...(config === undefined ? [] : [config]), ...layers].map(({ digest }) => digest);
  return [
    ...named,
    ...manifests.flatMap(({ digest }) => {
      const file = join(folder, digest.replace("sha256:", ""));
      return [digest, ...(existsSync(file) ? reach(JSON.parse(readFileSync(file, "utf8")), folder) : [])];
    }),
  ];
}

function list(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
