import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quietLog, systemClock, systemRandom } from "@berth/core";
import { onTestFinished } from "vitest";
import { openImages } from "../images.ts";
import type { Images, ImagesDeps } from "../images.ts";
import { makeBreathe } from "../worker/breathe.ts";
import { removeTree } from "../unpack/remove.ts";

/** A folder that is gone when the test has ended, read-only folders in it too. */
export async function makeHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "berth-images-"));
  onTestFinished(() => removeTree(home, makeBreathe()));
  return home;
}

/** Images in a home, closed when the test has ended. */
export async function openTestImages(
  home: string,
  options: Partial<Pick<ImagesDeps, "clock" | "bootId" | "compression">> = {},
): Promise<Images> {
  const images = await openImages({
    home,
    clock: options.clock ?? systemClock,
    random: systemRandom,
    log: quietLog,
    bootId: options.bootId ?? "boot-1",
    compression: options.compression ?? "gzip",
  });
  onTestFinished(() => images.close());
  return images;
}

export const plainSpec = {
  platform: { os: "linux", architecture: "amd64", libc: "glibc" as const },
  on: null,
  base: { image: "docker.io/library/node:24-slim", digest: null },
  command: { argv: ["node", "server.js"] },
  env: { NODE_ENV: "production" },
  programs: [],
  writable: [],
  annotations: {},
};
