import { onTestFinished } from "vitest";
import { ownImage } from "../../packages/builders/src/testing/own-image.ts";
import { type ClusterBerth, startOnCluster } from "./cluster.ts";
import { manifest, smallService } from "./programs.ts";
import { makeRepository, type Repository } from "./repository.ts";
import { until } from "./until.ts";

/** A server whose builds run on the cluster, too, in the image of this checkout. */
export async function startBuildsOnCluster(): Promise<ClusterBerth> {
  const BERTH_IMAGE = await ownImage("localhost:5055");
  return startOnCluster({ BERTH_BUILDER: "kubernetes", BERTH_IMAGE, BERTH_BUILD_CACHE: "1Gi" });
}

/** An app that serves what its build has written to `made.txt`. */
export function built(name: string, build: string): Record<string, string> {
  return {
    "package.json": manifest(name, { build }),
    "server.js": `
      import { readFileSync } from "node:fs";
      import { createServer } from "node:http";
      const text = readFileSync(new URL("made.txt", import.meta.url));
      createServer((request, response) => response.end(text)).listen(process.env.PORT);
    `,
    "berth.yaml": smallService,
  };
}

/** A repository for the time of a test. */
export async function openRepository(
  { berth }: ClusterBerth,
  app: string,
  files: Record<string, string>,
): Promise<Repository> {
  const repository = await makeRepository(berth, app, files);
  onTestFinished(() => repository.remove());
  return repository;
}

export async function untilNoBuildIsLeft({ builds }: ClusterBerth): Promise<void> {
  const isNone = async () => {
    const { jobs, pods } = await builds();
    return jobs.length === 0 && pods.length === 0;
  };
  await until("no Job and no pod of a build is left", isNone, 30_000);
}
