import { readdirSync, readlinkSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { quietLog, systemClock, systemRandom } from "@berth/core";
import { openImages } from "@berth/images";
import type { Images } from "@berth/images";
import { onTestFinished } from "vitest";
import type { CachingBuilder } from "../build/make-builder.ts";
import type { BuilderUnderTest } from "../conformance/builder-under-test.ts";
import { makeHostBuilder } from "../host/builder.ts";
import type { HostBuilderDeps } from "../host/deps.ts";
import { makeNoNetwork } from "../host/no-network.ts";
import { readGlibc, readPlatform } from "../host/platform.ts";

const path = process.env["PATH"] ?? "";

/** A home that is gone when the test has ended. */
export async function makeHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "berth-builders-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  return home;
}

/** Images in a home, and how to close them so that the home can be removed. */
export async function openImagesIn(home: string): Promise<{ images: Images; close(): Promise<void> }> {
  const images = await openImages({ home, clock: systemClock, random: systemRandom, log: quietLog, bootId: "boot" });
  const close = async () => {
    await images.close();
    // Nothing is made any more, and read-only folders are removed by the images themselves.
    await images.removeFolder(join(home, "unpacked"));
    await images.close();
  };
  return { images, close };
}

export interface TestHost {
  home: string;
  images: Images;
  builder: CachingBuilder;
  deps: HostBuilderDeps;
}

function makeDeps(home: string, images: Images): HostBuilderDeps {
  const certificates = Object.entries(process.env).filter(([name]) =>
    /^(SSL_CERT_FILE|NODE_EXTRA_CA_CERTS|PIP_CERT|REQUESTS_CA_BUNDLE|CARGO_HTTP_CAINFO|https?_proxy|no_proxy)$/i.test(
      name,
    ),
  );
  return {
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
  };
}

/** A host builder with everything real. */
export async function openHost(options: { home?: string; deps?: Partial<HostBuilderDeps> } = {}): Promise<TestHost> {
  const home = options.home ?? (await makeHome());
  const { images, close } = await openImagesIn(home);
  onTestFinished(close);
  const deps = { ...makeDeps(home, images), ...options.deps };
  return { home, images, builder: makeHostBuilder(deps), deps };
}

/** A host builder for the conformance suite. */
export async function hostUnderTest(): Promise<BuilderUnderTest> {
  const home = await mkdtemp(join(tmpdir(), "berth-builders-"));
  const { images, close } = await openImagesIn(home);
  const deps = makeDeps(home, images);
  return {
    home,
    images,
    builder: makeHostBuilder(deps),
    plan: {},
    enforcesNoNetwork: (await makeNoNetwork(deps)()).length > 0,
    records: async () => "",
    remains: async () => processesIn(home).length,
    async dispose() {
      await close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Processes whose working folder is in a home. */
export function processesIn(home: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(home);
    } catch {
      return false;
    }
  });
}
