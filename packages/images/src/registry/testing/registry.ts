import { createServer, type IncomingHttpHeaders, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Digest, quietLog, type Role, systemRandom } from "@berth/core";
import { onTestFinished } from "vitest";
import type { Images } from "../../images.ts";
import { digestOf } from "../../layout/blobs.ts";
import { makeDiskSpace } from "../../layout/disk-space.ts";
import { makeHome, openTestImages } from "../../testing/images.ts";
import type { RegistryChange } from "../deps.ts";
import { makeRegistry, type Registry } from "../registry.ts";
import type { RegistryApp } from "../repositories/repositories.ts";

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  json(): unknown;
}

export interface Sent {
  headers?: Record<string, string>;
  body?: Uint8Array | string;
  /** Whose token goes along; `ada` by default, null for nobody's. */
  as?: string | null;
}

/** A registry behind a real HTTP server, with apps `shop` and `notes`, and the people ada (deployer), otto (owner) and vera (viewer), whose names are their passwords. */
export interface TestRegistry {
  home: string;
  origin: string;
  port: number;
  images: Images;
  registry: Registry;
  apps: Map<string, RegistryApp>;
  releaseTags: Map<string, Digest>;
  releaseImages: Digest[];
  clock: { time: number; now(): number };
  audit: RegistryChange[];
  disk: { freeBytes: number };
  send(method: string, path: string, sent?: Sent): Promise<Answer>;
  /** Pushes a blob; its digest. */
  blob(repository: string, content: Uint8Array | string): Promise<Digest>;
  /** Pushes an image of one layer with this content; its manifest's digest, and that text. */
  image(
    repository: string,
    tag: string | null,
    layer: string,
    more?: object,
  ): Promise<{ digest: Digest; text: string }>;
}

export const manifestType = "application/vnd.oci.image.manifest.v1+json";
export const indexType = "application/vnd.oci.image.index.v1+json";

const people: Record<string, Role> = { ada: "deployer", otto: "owner", vera: "viewer" };

export async function startTestRegistry(home?: string): Promise<TestRegistry> {
  const folder = home ?? (await makeHome());
  const images = await openTestImages(folder);
  const clock = { time: Date.now(), now: () => clock.time };
  const apps = new Map(["shop", "notes"].map((name) => [name, { name, createdAt: 1 }]));
  const releaseTags = new Map<string, Digest>();
  const releaseImages: Digest[] = [];
  const audit: RegistryChange[] = [];
  const disk = { freeBytes: 2 ** 40 };
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const registry = makeRegistry({
    home: folder,
    images: { ...images, space: makeDiskSpace(async () => disk.freeBytes) },
    origin,
    authenticate: async (secret) => {
      const role = Object.hasOwn(people, secret) ? people[secret] : undefined;
      return role === undefined ? null : { person: secret, role };
    },
    findApp: async (name) => apps.get(name) ?? null,
    listApps: async () => [...apps.values()],
    releaseTags: async (app) => (app === "shop" ? releaseTags : new Map()),
    releaseImages: async (app) => (app === "shop" ? releaseImages : []),
    tokenKey: systemRandom.bytes(32),
    audit: async (change) => void audit.push(change),
    clock,
    random: systemRandom,
    log: quietLog,
  });
  server.on("request", registry.handle).on("checkContinue", registry.handle);
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await registry.close();
  });

  const send: TestRegistry["send"] = (method, path, { headers = {}, body, as = "ada" } = {}) => {
    const authorization = as === null ? {} : { authorization: `Basic ${Buffer.from(`x:${as}`).toString("base64")}` };
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest(
        { host: "127.0.0.1", port, method, path, headers: { ...authorization, ...headers } },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("end", () => {
            const received = Buffer.concat(chunks);
            const json = (): unknown => JSON.parse(received.toString());
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: received, json });
          });
          response.on("error", reject);
        },
      );
      outgoing.on("error", reject).end(body);
    });
  };

  async function blob(repository: string, content: Uint8Array | string): Promise<Digest> {
    const digest = digestOf(content);
    const { status, body } = await send("POST", `/v2/${repository}/blobs/uploads/?digest=${digest}`, { body: content });
    if (status !== 201) throw new Error(`the blob was not taken: ${status} ${body}`);
    return digest;
  }

  return {
    home: folder,
    origin,
    port,
    images,
    registry,
    apps,
    releaseTags,
    releaseImages,
    clock,
    audit,
    disk,
    send,
    blob,
    async image(repository, tag, layer, more = {}) {
      const text = makeManifest(await blob(repository, "{}"), await blob(repository, layer), layer.length, more);
      const digest = digestOf(text);
      const { status, body } = await send("PUT", `/v2/${repository}/manifests/${tag ?? digest}`, {
        headers: { "content-type": manifestType },
        body: text,
      });
      if (status !== 201) throw new Error(`the manifest was not taken: ${status} ${body}`);
      return { digest, text };
    },
  };
}

/** The text of a manifest with one layer; what makes it different comes in `more`. */
export function makeManifest(config: string, layer: string, layerBytes: number, more: object = {}): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: config, size: 2 },
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: layer, size: layerBytes }],
    ...more,
  });
}

/** Where what is noted of a repository lies. */
export function repositoryFolder({ home }: TestRegistry, app: string, below = "_"): string {
  return join(home, "images", "repositories", `${app}.1`, below);
}
