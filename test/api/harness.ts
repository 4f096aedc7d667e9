import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createToken, makeApi, makeUrls, type ServiceLogOptions } from "../../packages/api/src/index.ts";
import type { ServiceLogLine } from "../../packages/api/src/client.ts";
import {
  type Actor,
  type BasePin,
  type Bases,
  type Clock,
  type Clusters,
  type ClusterStatus,
  type Digest,
  type ImageLibrary,
  type Log,
  type Provenances,
  type RegisteredCluster,
  type Release,
  type Role,
  type Scope,
  type Snapshot,
  type Store,
  systemActor,
  systemClock,
  systemRandom,
} from "../../packages/core/src/index.ts";
import { openSqliteStore } from "../../packages/store/src/index.ts";
import { makeDeployments } from "./deployments.ts";

export const shop: Scope = { app: "shop", environment: "production" };

export interface ApiRequest {
  /** Null: none. An owner's unless given. */
  token?: string | null;
  json?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export type Harness = Awaited<ReturnType<typeof openHarness>>;

/** The real API over the real store in a folder of its own, with a deployer and logs that the test moves. */
export async function openHarness({ clock = systemClock, port = 4000 }: { clock?: Clock; port?: number } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "berth-api-"));
  const logged: { level: string; fields: object; message: string }[] = [];
  const write = (level: string) => (fields: object, message: string) => void logged.push({ level, fields, message });
  const log: Log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  const store = await openSqliteStore({ file: join(folder, "berth.db"), clock, random: systemRandom, log });
  const deployments = makeDeployments(store);
  const logs = makeLogSource();
  const api = makeApi({
    store,
    deployments,
    bases: makeBases(store),
    clusters: makeClusters(store),
    images: noImages,
    provenances: noProvenances,
    manifests: async ({ app, environment }) => `# ${app} ${environment}\n`,
    logs: logs.read,
    urls: makeUrls({ domain: "localhost", port }),
    runtime: { name: "process" },
    clock,
    random: systemRandom,
    log,
    serverVersion: "0.1.0",
  });

  const giveToken = async (role: Role, person: string = role) =>
    (await createToken({ store, random: systemRandom }, { person, role, note: "test" }, systemActor)).secret;
  const tokens = {
    viewer: await giveToken("viewer"),
    deployer: await giveToken("deployer"),
    owner: await giveToken("owner"),
  };

  const send = async (method: string, path: string, request: ApiRequest = {}): Promise<Response> => {
    const { token = tokens.owner, json, headers = {}, signal } = request;
    return api.request(`http://localhost:${port}/api/v1${path}`, {
      method,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(json !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
      ...(signal !== undefined && { signal }),
    });
  };

  return {
    api,
    store,
    deployments,
    logs,
    log,
    logged,
    tokens,
    giveToken,
    send,
    async close() {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const noProvenances: Provenances = {
  key: { id: "0".repeat(64), algorithm: "ed25519", publicKey: "" },
  origins: async () => [],
  verify: async ({ app, environment, version }) => ({
    app,
    environment,
    version,
    verified: true,
    key: "0".repeat(64),
    services: [],
  }),
  document: async (_, kind) =>
    Buffer.from(
      JSON.stringify(
        kind === "sbom"
          ? { bomFormat: "CycloneDX", specVersion: "1.6", components: [] }
          : { payloadType: "application/vnd.in-toto+json", payload: "", signatures: [] },
      ),
    ),
};

const noImages: ImageLibrary = {
  report: async () => ({
    images: [],
    apps: [],
    basesBytes: 0,
    unusedBytes: 0,
    blobsBytes: 0,
    cacheBytes: 0,
    unpackedBytes: 0,
  }),
  prune: async () => ({ images: 0, freedBytes: 0 }),
};

/** Pins of the real store; what a name stands for now follows from the name. */
function makeBases({ bases }: Store): Bases {
  const newest = (image: string): Digest => `sha256:${createHash("sha256").update(image).digest("hex")}`;
  const status = (pin: BasePin) => ({ ...pin, newer: null, problem: null, usedBy: [], outdated: [] });
  return {
    list: async () => (await bases.list()).map(status),
    async update(images, actor) {
      const names = images ?? (await bases.list()).map(({ image }) => image);
      return Promise.all(names.map(async (image) => status(await bases.update(image, newest(image), actor))));
    },
  };
}

/** Clusters of the real store, all of which answer. */
function makeClusters({ clusters }: Store): Clusters {
  const status = ({ name, options, createdAt, createdBy }: RegisteredCluster): ClusterStatus => ({
    name,
    server: "https://192.0.2.1:6443",
    isReachable: true,
    problem: null,
    version: "1.35.4",
    nodes: 1,
    namespacePrefix: options.namespacePrefix,
    environments: [],
    createdAt,
    createdBy,
  });
  return {
    list: async () => (await clusters.list()).map(status),
    async add({ name, options }, actor) {
      const kept = { ...options, namespacePrefix: options.namespacePrefix ?? "berth-" };
      return status(await clusters.create({ name, options: kept, identity: name }, actor));
    },
    async delete(name, actor) {
      await clusters.delete(name, actor);
      return { leftover: null };
    },
    find: async (name) => (await clusters.get(name))?.name ?? null,
  };
}

const owner: Actor = { person: "ada", role: "owner" };

export function makeSnapshot(...services: string[]): Snapshot {
  return {
    services: services.map((name) => ({
      image: `sha256:${"0".repeat(64)}`,
      spec: {
        name,
        source: ".",
        command: { argv: ["node", "server.js"] },
        routes: ["/"],
        listens: true,
        health: { path: "/", timeoutMs: 30_000 },
        scale: { min: 1, max: 1, idleMs: 300_000 },
        resources: { cpuMillis: 250, memoryBytes: 2 ** 29 },
        env: { LOG_LEVEL: "info" },
        stopGraceMs: 10_000,
      },
    })),
  };
}

/** A release of `web` and `worker` that is live, with the app and environment it needs. */
export async function givenLive(store: Store, scope: Scope = shop): Promise<Release> {
  const { app, environment: name } = scope;
  if ((await store.apps.get(app)) === null) await store.apps.create({ name: app, defaultBranch: "main" }, owner);
  const kind = name === "production" ? "production" : "preview";
  const branch = name === "production" ? "main" : name;
  const environment = await store.environments.ensure({ app, name, kind, branch }, owner);
  const operation = await store.operations.start({ ...scope, kind: "deploy" }, owner);
  const origin = { commit: "c".repeat(40), tree: "d".repeat(40), branch, message: "Say hello", author: "Ada <a@b.c>" };
  const pending = await store.releases.create(
    {
      ...scope,
      kind: "deploy",
      carries: null,
      snapshot: makeSnapshot("web", "worker"),
      origin,
      operation: operation.id,
    },
    environment.revision,
    owner,
  );
  const change = { ...scope, version: pending.release.version, ref: null };
  const { release } = await store.releases.promote(change, pending.environment.revision, owner);
  await store.operations.finish(operation.id, { ok: true, url: null });
  return release;
}

/** Logs as the server would hand them in: what is asked is kept, lines come from the test. */
function makeLogSource() {
  const asked: { scope: Scope; options: ServiceLogOptions }[] = [];
  const lines: ServiceLogLine[] = [];
  const source = {
    asked,
    lines,
    failWith: null as Error | null,
    async *read(scope: Scope, options: ServiceLogOptions): AsyncGenerator<ServiceLogLine> {
      asked.push({ scope, options });
      yield* lines.slice(Math.max(0, lines.length - options.tail));
      if (source.failWith !== null) throw source.failWith;
      if (!options.follow) return;
      await new Promise<void>((resolve) => options.signal.addEventListener("abort", () => resolve()));
    },
  };
  return source;
}

export function makeLogLine(text: string, service = "web"): ServiceLogLine {
  return { at: 1_767_225_600_000, service, version: 1, instance: `${service}-1`, stream: "stdout", text };
}
