import { randomBytes } from "node:crypto";
import type {
  Actor,
  Artifact,
  Clock,
  Digest,
  Environment,
  NewOperationEvent,
  Random,
  Release,
  Scope,
  Snapshot,
  SourceOrigin,
  Store,
} from "@berth/core";

export const ada: Actor = { person: "ada", role: "owner" };
export const production: Scope = { app: "shop", environment: "production" };

export interface TestClock extends Clock {
  time: number;
}

/** Stands still until `time` is set. */
export function makeTestClock(): TestClock {
  const clock: TestClock = {
    time: 1_700_000_000_000,
    now: () => clock.time,
    sleep: (_, signal) => new Promise((resolve) => signal?.addEventListener("abort", () => resolve(), { once: true })),
  };
  return clock;
}

export const testRandom: Random = { bytes: (count) => randomBytes(count) };

export function makeDigest(name: string): Digest {
  return `sha256:${Buffer.from(name).toString("hex").padEnd(64, "0").slice(0, 64)}`;
}

export function makeSnapshot(...images: string[]): Snapshot {
  return {
    services: images.map((image) => ({
      image: makeDigest(image),
      spec: {
        name: image,
        source: ".",
        command: { argv: ["node", "server.js"] },
        routes: ["/"],
        listens: true,
        health: { path: "/", timeoutMs: 30_000 },
        scale: { min: 1, max: 1, idleMs: 300_000 },
        resources: { cpuMillis: 250, memoryBytes: 2 ** 29 },
        env: { GREETING: 'ünï "quoted"\n' },
        stopGraceMs: 10_000,
      },
    })),
  };
}

export const origin: SourceOrigin = {
  commit: "c".repeat(40),
  tree: "d".repeat(40),
  branch: "main",
  message: "Say hello",
  author: "Ada <ada@example.org>",
};

export function makeArtifact(name: string, key: string, createdAt: number): Artifact {
  return {
    digest: makeDigest(name),
    key,
    sizeBytes: 12_345,
    createdAt,
    seal: `${key} sealed at ${createdAt}`,
    provenance: {
      app: "shop",
      service: "web",
      commit: null,
      tree: "d".repeat(40),
      plan: {
        stack: "node",
        findings: [{ what: "Node 24", from: "package.json engines.node" }],
        base: { image: "debian:13-slim", digest: null },
        buildImage: null,
        dockerfile: null,
        tools: { node: "24" },
        steps: [],
        contents: { dependencies: [], app: "all", support: [] },
        command: { argv: ["node", "server.js"] },
        env: { NODE_ENV: "production" },
        programs: [],
        writable: [],
      },
      builder: { name: "host", version: "1" },
      platform: { os: "linux", architecture: "x64", libc: "glibc" },
      abi: { node: "137" },
      buildEnv: {},
      buildSecrets: [],
      tools: { node: "24.0.0" },
      startedAt: createdAt - 10,
      finishedAt: createdAt,
    },
  };
}

export function makeLine(text: string): NewOperationEvent {
  return { at: 1, phase: "build", service: "web", kind: "line", text, durationMs: null };
}

/** The app and environment, made where they are not there. */
export async function givenEnvironment(store: Store, scope: Scope = production): Promise<Environment> {
  const { app, environment: name } = scope;
  if ((await store.apps.get(app)) === null) await store.apps.create({ name: app, defaultBranch: null }, ada);
  const kind = name === "production" ? "production" : "preview";
  return store.environments.ensure({ app, name, kind, branch: name === "production" ? "main" : name }, ada);
}

export interface Pending {
  release: Release;
  environment: Environment;
}

/** A release of an environment that is there, pending. */
export async function givenPending(
  store: Store,
  scope: Scope = production,
  snapshot = makeSnapshot("web"),
): Promise<Pending> {
  const environment = await givenEnvironment(store, scope);
  const operation = await store.operations.start({ ...scope, kind: "deploy" }, ada);
  const release = { ...scope, kind: "deploy" as const, carries: null, snapshot, origin, operation: operation.id };
  return store.releases.create(release, environment.revision, ada);
}

/** A release that has gone live. */
export async function givenLive(
  store: Store,
  scope: Scope = production,
  snapshot = makeSnapshot("web"),
): Promise<Pending> {
  const { release, environment } = await givenPending(store, scope, snapshot);
  return store.releases.promote({ ...scope, version: release.version, ref: null }, environment.revision, ada);
}
