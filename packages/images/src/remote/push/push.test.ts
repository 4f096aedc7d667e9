import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Digest } from "@berth/core";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../layout/blobs.ts";
import type { RemoteLimits } from "../limits.ts";
import { parseRegistry } from "../places/registry-address.ts";
import { addImage, makeLayer, noise } from "../testing/image.ts";
import type { TestImageOptions } from "../testing/image.ts";
import { failureOf, openTestRemote, signal } from "../testing/remote.ts";
import type { TestRemoteOptions } from "../testing/remote.ts";
import { readBody, sendError, serveRegistry } from "../testing/registry.ts";
import type { TestRegistry } from "../testing/registry.ts";

const large = 3 * 1024 * 1024;

/** An empty registry, and a client whose layout has what `add` puts into it. */
async function setUp(options: TestRemoteOptions & { limits?: Partial<RemoteLimits> } = {}) {
  const [registry, source] = await Promise.all([serveRegistry(), serveRegistry()]);
  const test = await openTestRemote(options);
  /** Puts an image into the layout, by way of a registry that nobody asks. */
  const add = async (image: TestImageOptions = { layers: [makeLayer({ "large.bin": noise(large) })] }) => {
    const made = addImage(source, image);
    await keep(test.blobs, source);
    return made;
  };
  const push = (digest: Digest, repository = "shop", tags: string[] = []) =>
    test.remote.push(digest, { registry: parseRegistry(registry.origin), repository, tags }, { signal });
  return { ...test, registry, add, push };
}

async function keep(blobs: { put(bytes: Buffer): Promise<Digest> }, source: TestRegistry): Promise<void> {
  for (const bytes of source.blobs.values()) await blobs.put(bytes);
  for (const { bytes } of source.manifests.values()) await blobs.put(bytes);
}

const writes = (registry: TestRegistry) =>
  registry.asked
    .filter(({ method }) => method !== "HEAD")
    .map(({ method, path }) => `${method} ${path.replace(/\?.*/, "?")}`);

describe("a push", () => {
  it("uploads what is missing, and says what it did", async () => {
    const { registry, add, push } = await setUp();
    const shared = makeLayer({ shared: noise(1000) });
    const first = await add({ layers: [shared, makeLayer({ a: "1" })] });
    const result = await push(first.digest, "shop", ["main", "v1"]);
    expect(result.name).toBe(`${registry.host}/shop@${first.digest}`);
    expect(result.uploaded.map(({ digest }) => digest).sort()).toEqual([first.config, ...first.layers].sort());
    expect(result).toMatchObject({ mounted: [], present: [], manifests: [first.digest] });
    expect(result.uploadedBytes).toBe(result.uploaded.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
    for (const tag of ["main", "v1", first.digest])
      expect(digestOf(registry.manifests.get(tag)?.bytes ?? "")).toBe(first.digest);

    const second = await add({ layers: [shared, makeLayer({ a: "2" })] });
    registry.asked.length = 0;
    const next = await push(second.digest);
    expect(next.uploaded.map(({ digest }) => digest).sort()).toEqual([second.config, second.layers[1]].sort());
    expect(next.present).toEqual([first.layers[0]]);
    // One layer, the configuration and the manifest: for each of the blobs a begin and an end.
    expect(
      writes(registry)
        .map((line) => line.replace(/\d+\?/, "?"))
        .sort(),
    ).toEqual(
      [
        "POST /v2/shop/blobs/uploads/",
        "POST /v2/shop/blobs/uploads/",
        "PUT /v2/shop/blobs/uploads/upload-?",
        "PUT /v2/shop/blobs/uploads/upload-?",
        `PUT /v2/shop/manifests/${second.digest}`,
      ].sort(),
    );

    registry.asked.length = 0;
    expect(await push(second.digest)).toMatchObject({ uploaded: [], present: [], manifests: [] });
    expect(registry.asked).toHaveLength(1);
  });

  it("has blobs taken over from a repository that holds them", async () => {
    const { registry, add, push, remote } = await setUp();
    const made = await add();
    await push(made.digest, "shop");
    // The registry of the test keeps blobs for all repositories; a real one says that this one lacks them.
    registry.intercept = (request, response) => {
      if (request.method !== "HEAD" || !request.url?.includes("/blobs/")) return false;
      response.writeHead(404).end();
      return true;
    };
    registry.manifests.clear();
    const target = { registry: parseRegistry(registry.origin), repository: "third", tags: [] };
    const mounted = await remote.push(made.digest, target, { signal, mountFrom: "unknown" });
    expect(mounted.uploaded).toEqual([]);
    expect([...mounted.mounted].sort()).toEqual([made.config, ...made.layers].sort());
    const queries = registry.askedFor("POST", "mount=").map(({ path }) => new URL(path, registry.origin).searchParams);
    expect(queries.map((query) => query.get("from"))).toEqual(["shop", "shop"]);
  });

  it("has the layers of a base taken over from where the base is kept", async () => {
    const base = makeLayer({ "base.bin": noise(1000) });
    const mirror = await serveRegistry();
    const mirrors = `docker.io=${mirror.origin}/hub`;
    const { add, remote } = await setUp({ mirrors });
    const annotations = {
      "org.opencontainers.image.base.name": "docker.io/library/node:24-slim",
      "dev.berth.base.layers": "1",
    };
    const made = await add({ layers: [base, makeLayer({ app: "1" })], annotations });
    mirror.blobs.set(digestOf(base.blob), base.blob);
    mirror.intercept = (request, response) => {
      if (request.method !== "HEAD") return false;
      response.writeHead(404).end();
      return true;
    };
    const target = { registry: parseRegistry(mirror.origin), repository: "shop", tags: [] };
    const result = await remote.push(made.digest, target, { signal });
    expect(result.mounted).toEqual([digestOf(base.blob)]);
    expect(
      mirror.askedFor("POST", "mount=").map(({ path }) => new URL(path, mirror.origin).searchParams.get("from")),
    ).toEqual(["hub/library/node"]);
  });

  it("uploads what may not be taken over", async () => {
    const { registry, add, push } = await setUp();
    const made = await add();
    await push(made.digest, "shop");
    registry.manifests.clear();
    registry.blobs.clear();
    registry.intercept = (request, response) =>
      request.url?.includes("mount=") === true && sendError(response, 403, "DENIED", "not yours");
    expect((await push(made.digest, "other")).uploaded).toHaveLength(2);
  });

  it("goes on where a broken upload stopped", async () => {
    const { registry, add, push } = await setUp();
    const made = await add();
    const layer = made.layers[0] ?? made.digest;
    let cut = false;
    registry.intercept = (request) => {
      if (cut || request.method !== "PUT" || !request.url?.includes(encodeURIComponent(layer))) return false;
      cut = true;
      // The registry keeps what has arrived.
      const push = request.push.bind(request);
      let bytes = 0;
      request.push = (chunk: Buffer | null) => {
        bytes += chunk?.length ?? 0;
        if (bytes > large / 2) request.socket.destroy();
        return push(chunk);
      };
      return false;
    };
    const result = await push(made.digest);
    expect(result.uploaded).toHaveLength(2);
    const [patch] = registry.askedFor("PATCH", "/uploads/");
    expect(patch?.headers["content-range"]).toMatch(/^[1-9]\d*-\d+$/);
    expect(registry.askedFor("GET", "/uploads/")).toHaveLength(1);
    expect(registry.blobs.get(layer)?.length).toBe(result.uploaded.find(({ digest }) => digest === layer)?.sizeBytes);
  });

  it("begins anew where the registry has forgotten a broken upload", async () => {
    const { registry, add, push } = await setUp();
    const made = await add();
    let cut = false;
    registry.intercept = (request, response) => {
      if (request.method === "GET" && request.url?.includes("/uploads/"))
        return sendError(response, 404, "BLOB_UPLOAD_UNKNOWN", "gone");
      if (cut || request.method !== "PUT" || !request.url?.includes("digest=")) return false;
      cut = true;
      request.socket.destroy();
      return true;
    };
    expect((await push(made.digest)).uploaded).toHaveLength(2);
    expect(registry.askedFor("POST", "/uploads/")).toHaveLength(3);
  });

  it("begins anew where two disagree about where an upload stopped", async () => {
    const { registry, add, push } = await setUp();
    const made = await add();
    let cut = false;
    registry.intercept = (request, response) => {
      if (request.method === "GET" && request.url?.includes("/uploads/")) {
        response.writeHead(204, { location: request.url, range: "0-99" }).end();
        return true;
      }
      if (cut || request.method !== "PUT" || !request.url?.includes("digest=")) return false;
      cut = true;
      request.socket.destroy();
      return true;
    };
    expect((await push(made.digest)).uploaded).toHaveLength(2);
    expect(registry.askedFor("PATCH", "/uploads/")).not.toEqual([]);
  });

  it("of a blob that is damaged says so", async () => {
    const { registry, add, push, home } = await setUp();
    const made = await add();
    const layer = made.layers[0] ?? made.digest;
    const file = join(home, "images", "blobs", "sha256", layer.slice("sha256:".length));
    const bytes = await readFile(file);
    bytes[100] = ~(bytes[100] ?? 0) & 255;
    await writeFile(file, bytes);
    expect(await failureOf(push(made.digest))).toMatchObject({ code: "image.corrupt" });
    expect(registry.manifests.size).toBe(0);
  });

  it("knows when only the answer was lost", async () => {
    const { registry, add, push } = await setUp();
    const made = await add();
    let lost = 0;
    registry.intercept = async (request) => {
      if (request.method !== "PUT" || !request.url?.includes("digest=") || lost > 1) return false;
      lost++;
      const bytes = await readBody(request);
      registry.blobs.set(digestOf(bytes), bytes);
      request.socket.destroy();
      return true;
    };
    expect((await push(made.digest)).uploaded).toHaveLength(2);
    expect(registry.askedFor("PUT", "digest=")).toHaveLength(2);
  });

  it("goes in pieces to a registry that does not take a blob whole", async () => {
    for (const status of [413, 411]) {
      const { registry, add, push } = await setUp({ limits: { chunkBytes: 1024 * 1024 } });
      const made = await add();
      registry.intercept = async (request, response) => {
        if (request.method !== "PUT" || !request.url?.includes("digest=")) return false;
        if (request.headers["content-length"] === "0") return false;
        await readBody(request);
        response.writeHead(status).end();
        return true;
      };
      const result = await push(made.digest);
      expect(result.uploaded).toHaveLength(2);
      const ranges = registry.askedFor("PATCH", "/uploads/").map(({ headers }) => headers["content-range"]);
      expect(ranges).toContain("0-1048575");
      expect(ranges).toContain("1048576-2097151");
      const whole = registry.askedFor("PUT", "digest=").filter(({ headers }) => headers["content-length"] !== "0");
      expect(whole).toHaveLength(2);
      for (const { digest, sizeBytes } of result.uploaded) expect(registry.blobs.get(digest)?.length).toBe(sizeBytes);
    }
  });

  it("sends pieces as large as the registry wants them at least", async () => {
    const { registry, add, push } = await setUp({ limits: { chunkBytes: 64 * 1024 } });
    const made = await add();
    registry.intercept = (request, response) => {
      if (request.method === "POST") response.setHeader("oci-chunk-min-length", String(2 * 1024 * 1024));
      if (request.method !== "PUT" || request.headers["content-length"] === "0" || !request.url?.includes("digest="))
        return false;
      request.resume();
      response.writeHead(413).end();
      return true;
    };
    await push(made.digest);
    expect(registry.askedFor("PATCH", "/uploads/").map(({ headers }) => headers["content-range"])).toContain(
      "0-2097151",
    );
  });

  it("uploads again what the registry threw away in between", async () => {
    const { registry, add, push } = await setUp();
    const made = await add();
    let thrown = false;
    registry.intercept = async (request, response) => {
      if (thrown || request.method !== "PUT" || !request.url?.includes("/manifests/")) return false;
      thrown = true;
      registry.blobs.delete(made.layers[0] ?? made.digest);
      await readBody(request);
      return sendError(response, 400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry");
    };
    await push(made.digest);
    expect(registry.blobs.has(made.layers[0] ?? made.digest)).toBe(true);
    expect(registry.manifests.has(made.digest)).toBe(true);
  });

  it("is one for the same blob of two images that go at the same time", async () => {
    const { registry, add, push } = await setUp();
    const shared = makeLayer({ shared: noise(large) });
    const first = await add({ layers: [shared, makeLayer({ a: "1" })] });
    const second = await add({ layers: [shared, makeLayer({ a: "2" })] });
    await Promise.all([push(first.digest, "one"), push(second.digest, "two")]);
    expect(registry.askedFor("PUT", encodeURIComponent(digestOf(shared.blob)))).toHaveLength(1);
  });

  it("that is refused says who refused it, and what to do", async () => {
    const { registry, add, push } = await setUp();
    const made = await add();
    registry.intercept = (_request, response) =>
      sendError(response, 401, "UNAUTHORIZED", "authentication required", { "www-authenticate": "Basic" });
    expect(await failureOf(push(made.digest))).toMatchObject({
      code: "registry.failed",
      path: `${registry.host}/shop`,
      message: expect.stringContaining("answers 401"),
      hint: expect.stringContaining(`docker login ${registry.host}`),
    });
    registry.intercept = (request, response) =>
      request.method !== "HEAD" && sendError(response, 500, "UNKNOWN", "disk is full");
    expect(await failureOf(push(made.digest))).toMatchObject({
      code: "registry.failed",
      message: expect.stringContaining("disk is full"),
    });
    registry.intercept = (request, response) =>
      request.method === "POST" && sendError(response, 404, "NAME_UNKNOWN", "make the repository first");
    expect(await failureOf(push(made.digest))).toMatchObject({
      code: "registry.failed",
      hint: expect.stringContaining("BERTH_REGISTRY"),
    });
  });

  it("of an image that is not whole says what is missing", async () => {
    const { blobs, push, registry } = await setUp();
    expect(await failureOf(push(digestOf("nothing")))).toMatchObject({ code: "image.not-found" });
    const manifest = JSON.stringify({
      schemaVersion: 2,
      config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: digestOf("gone"), size: 4 },
      layers: [],
    });
    expect(await failureOf(push(await blobs.put(manifest)))).toMatchObject({
      code: "image.not-found",
      message: `There is no blob ${digestOf("gone")}.`,
    });
    expect(registry.manifests.size).toBe(0);
  });

  it("ends with the reason of whoever does not want it any more", async () => {
    const { registry, add, remote } = await setUp();
    const made = await add();
    const leaving = new AbortController();
    const reason = new Error("cancelled");
    registry.intercept = (request) => {
      if (request.method === "PUT") leaving.abort(reason);
      return request.method === "PUT";
    };
    const target = { registry: parseRegistry(registry.origin), repository: "shop", tags: [] };
    expect(await failureOf(remote.push(made.digest, target, { signal: leaving.signal }))).toBe(reason);
  });
});

describe("a look at where images go", () => {
  it("is content with a registry that answers", async () => {
    const { remote, registry } = await setUp();
    registry.intercept = (_request, response) => {
      response.writeHead(200).end("{}");
      return true;
    };
    await remote.check(parseRegistry(registry.origin), signal);
    expect(registry.asked.map(({ method, path }) => `${method} ${path}`)).toEqual(["GET /v2/"]);
  });

  it("says what is wrong with one that does not, or lets nobody in", async () => {
    const { remote, registry } = await setUp();
    registry.intercept = (_request, response) => sendError(response, 401, "UNAUTHORIZED", "who are you");
    expect(await failureOf(remote.check(parseRegistry(`${registry.origin}/team`), signal))).toMatchObject({
      code: "registry.failed",
      message: expect.stringMatching(/^Images cannot be pushed to .* answers 401/),
      hint: expect.stringContaining("docker login"),
    });
    expect(await failureOf(remote.check(parseRegistry("http://127.0.0.1:1"), signal))).toMatchObject({
      message: "Images cannot be pushed to 127.0.0.1:1: http://127.0.0.1:1 refuses connections (ECONNREFUSED).",
    });
  });
});

describe("what refers to an image", () => {
  async function addReferrer(test: Awaited<ReturnType<typeof setUp>>, subject: Digest, text: string) {
    const empty = await test.blobs.put("{}");
    const statement = await test.blobs.put(text);
    const manifest = {
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      artifactType: "application/vnd.in-toto+json",
      config: { mediaType: "application/vnd.oci.empty.v1+json", digest: empty, size: 2 },
      layers: [{ mediaType: "application/vnd.in-toto+json", digest: statement, size: text.length }],
      subject: { mediaType: "application/vnd.oci.image.manifest.v1+json", digest: subject, size: 1 },
      annotations: { title: text },
    };
    const digest = await test.blobs.put(JSON.stringify(manifest));
    await test.referrers.add(subject, digest);
    return digest;
  }

  it("goes with it, and is listed under a tag where the registry has no other way", async () => {
    const test = await setUp();
    const made = await test.add();
    const tag = made.digest.replace(":", "-");
    const first = await addReferrer(test, made.digest, "one");
    const result = await test.push(made.digest);
    expect(result.manifests).toEqual([made.digest, first]);
    const second = await addReferrer(test, made.digest, "two");
    await test.push(made.digest);
    await test.push(made.digest);
    const index = JSON.parse(String(test.registry.manifests.get(tag)?.bytes));
    expect(index.mediaType).toBe("application/vnd.oci.image.index.v1+json");
    expect(index.manifests.map(({ digest }: { digest: Digest }) => digest).sort()).toEqual([first, second].sort());
    expect(index.manifests[0]).toMatchObject({
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      artifactType: "application/vnd.in-toto+json",
      annotations: { title: expect.any(String) },
    });
    // What is listed already is not listed again.
    expect(test.registry.askedFor("PUT", `manifests/${tag}`)).toHaveLength(2);
  });

  it("needs no tag where the registry lists it itself", async () => {
    const test = await setUp();
    const made = await test.add();
    await addReferrer(test, made.digest, "one");
    test.registry.intercept = (request, response) => {
      if (request.url?.includes("/manifests/")) response.setHeader("oci-subject", made.digest);
      return false;
    };
    await test.push(made.digest);
    expect(test.registry.manifests.has(made.digest.replace(":", "-"))).toBe(false);
  });
});
