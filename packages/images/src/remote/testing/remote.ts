import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { quietLog, systemClock, systemRandom } from "@berth/core";
import type { Clock } from "@berth/core";
import { onTestFinished } from "vitest";
import { makeHome } from "../../testing/images.ts";
import type { RemoteLimits } from "../limits.ts";
import { parseMirrors } from "../places/mirrors.ts";
import { openRemote } from "../remote.ts";
import type { Remote } from "../remote.ts";
import { openLayout } from "./layout.ts";

export const platform = { os: "linux", architecture: "amd64", libc: null };
export const signal = new AbortController().signal;

/** Pauses so short that no test waits for them. */
const quick: Partial<RemoteLimits> = { pauseMs: 1, longestPauseMs: 2, attempts: 4 };

export interface TestRemoteOptions {
  home?: string;
  mirrors?: string;
  limits?: Partial<RemoteLimits>;
  /** What Docker's config.json says. */
  dockerConfig?: object;
  /** Where credential helpers are searched. */
  path?: string;
  certificates?: readonly string[];
  proxyEnv?: Record<string, string>;
  clock?: Clock;
  freeBytes?: () => Promise<number>;
}

export interface TestRemote extends Awaited<ReturnType<typeof openLayout>> {
  remote: Remote;
  home: string;
  /** The folder of Docker's config.json. */
  docker: string;
}

/** The client with a home of its own, closed when the test has ended. */
export async function openTestRemote(options: TestRemoteOptions = {}): Promise<TestRemote> {
  const home = options.home ?? (await makeHome());
  const layout = await openLayout(home, options.freeBytes);
  const docker = join(home, "docker");
  await mkdir(docker, { recursive: true });
  if (options.dockerConfig !== undefined)
    await writeFile(join(docker, "config.json"), JSON.stringify(options.dockerConfig));
  const remote = openRemote({
    home,
    images: layout,
    mirrors: parseMirrors(options.mirrors ?? ""),
    docker: { folder: docker, path: options.path ?? "", env: {} },
    proxyEnv: options.proxyEnv ?? {},
    certificates: options.certificates ?? [],
    limits: { ...quick, ...options.limits },
    clock: options.clock ?? systemClock,
    random: systemRandom,
    log: quietLog,
  });
  onTestFinished(() => remote.close());
  return { ...layout, remote, home, docker };
}

/** What a promise was rejected with. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expectFailure(),
    (error: unknown) => error,
  );
}

function expectFailure(): never {
  throw new Error("it did not fail");
}

export function basicAuth(user: string, password: string): string {
  return Buffer.from(`${user}:${password}`).toString("base64");
}
