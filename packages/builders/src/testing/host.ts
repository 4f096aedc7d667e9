import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { systemClock, systemRandom } from "@berth/core";
import type { BuildPlan, BuildRequest, BuildSink, BuildStep, Log } from "@berth/core";
import { openImages } from "@berth/images";
import type { Images } from "@berth/images";
import { onTestFinished } from "vitest";
import { makeHostBuilder } from "../host/builder.ts";
import type { CachingBuilder } from "../build/make-builder.ts";
import type { HostBuilderDeps } from "../host/deps.ts";
import { readGlibc, readPlatform } from "../host/platform.ts";
import { makeTestTree } from "@berth/core/testing";
import type { TestFiles } from "@berth/core/testing";

const quiet = () => {};
export const quietLog: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const path = process.env["PATH"] ?? "";

/** A home that is gone when the test has ended. */
export async function makeHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "berth-builders-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  return home;
}

/** Images in a home, closed when the test has ended. */
export async function openTestImages(home: string): Promise<Images> {
  const images = await openImages({ home, clock: systemClock, random: systemRandom, log: quietLog, bootId: "boot" });
  onTestFinished(async () => {
    await images.close();
    // Nothing is made any more, and read-only folders are removed by the images themselves.
    await images.removeFolder(join(home, "unpacked"));
    await images.close();
  });
  return images;
}

export interface TestHost {
  home: string;
  images: Images;
  builder: CachingBuilder;
  deps: HostBuilderDeps;
}

/** A host builder with everything real. */
export async function openHost(options: { home?: string; deps?: Partial<HostBuilderDeps> } = {}): Promise<TestHost> {
  const home = options.home ?? (await makeHome());
  const images = await openTestImages(home);
  const certificates = Object.entries(process.env).filter(([name]) =>
    /^(SSL_CERT_FILE|NODE_EXTRA_CA_CERTS|https?_proxy|no_proxy)$/i.test(name),
  );
  const deps: HostBuilderDeps = {
    home,
    images,
    supportFiles: () => [],
    openBase: () => Promise.reject(new Error("this test has no base")),
    machine: {
      node: { path: process.execPath, version: process.versions.node, abi: process.versions.modules },
      npm: "npm",
      path: path
        .split(delimiter)
        .filter((folder) => !folder.includes("node_modules"))
        .join(delimiter),
      env: Object.fromEntries(certificates.map(([name, value]) => [name, value ?? ""])),
      settings: [],
      homeFolder: process.env["HOME"] ?? home,
      glibc: readGlibc(),
    },
    platform: readPlatform(),
    clock: systemClock,
    random: systemRandom,
    log: quietLog,
    ...options.deps,
  };
  return { home, images, builder: makeHostBuilder(deps), deps };
}

export const never = new AbortController().signal;

export function makeStep(step: Partial<BuildStep> & Pick<BuildStep, "command">): BuildStep {
  return {
    name: "build",
    layer: "app",
    inputs: "all",
    env: {},
    caches: [],
    network: false,
    timeoutMs: 60_000,
    ...step,
  };
}

export function makePlan(plan: Partial<BuildPlan> = {}): BuildPlan {
  return {
    stack: "node",
    findings: [],
    base: { image: "docker.io/library/node:24-slim", digest: null },
    buildImage: null,
    dockerfile: null,
    tools: {},
    steps: [],
    contents: { dependencies: [], app: "all", support: [] },
    command: { argv: ["node", "server.js"] },
    env: {},
    programs: [],
    writable: [],
    ...plan,
  };
}

export function makeRequest(files: TestFiles, plan: BuildPlan, more: Partial<BuildRequest> = {}): BuildRequest {
  return {
    app: "shop",
    service: "web",
    commit: null,
    plan,
    source: makeTestTree(files),
    env: {},
    secrets: {},
    ...more,
  };
}

/** A sink that remembers what it was told. */
export function makeSink(): BuildSink & { told: string[] } {
  const told: string[] = [];
  return {
    told,
    start: (step, text) => void told.push(`[${step}] ${text}`),
    line: (text) => void told.push(text),
    end: (step) => void told.push(`[/${step}]`),
  };
}
