import { readdir, stat } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { systemClock } from "@berth/core";
import type { Clock, Digest } from "@berth/core";
import { describe, expect, it } from "vitest";
import type { RemoteLimits } from "../limits.ts";
import { addImage, addTag, makeLayer, noise } from "../testing/image.ts";
import type { TestImage } from "../testing/image.ts";
import { failureOf, openTestRemote, platform, signal } from "../testing/remote.ts";
import { sendError, serve, serveRegistry } from "../testing/registry.ts";
import type { Intercept, TestRegistry } from "../testing/registry.ts";
import { makeTickingClock } from "../testing/ticking-clock.ts";

const large = 3 * 1024 * 1024;

/** A registry with an image of one large layer, and a client that has nothing yet. */
async function setUp(limits: Partial<RemoteLimits> = {}, clock: Clock = systemClock) {
  const registry = await serveRegistry();
  const made = addImage(registry, { layers: [makeLayer({ "large.bin": noise(large) })] });
  addTag(registry, "1", made.digest);
  const test = await openTestRemote({ limits, clock });
  const image = `${registry.host}/team/base:1`;
  const fetch = () => test.remote.fetchBase({ image, digest: made.digest }, platform, { signal });
  const stored = () => readdir(join(test.home, "images", "blobs", "sha256"));
  return { ...test, registry, made, image, fetch, stored, layer: layerOf(made), blob: blobOf(registry, made) };
}

const stallMs = 70_001;
const documentMs = 70_002;
const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve));

/** Sends a little every now and then, as long as someone listens. */
const drip = (bytes: number) => (response: ServerResponse) => {
  response.writeHead(200);
  const timer = setInterval(() => response.write(Buffer.alloc(bytes, " ")), 5);
  response.on("close", () => clearInterval(timer));
};

const layerOf = ({ layers }: TestImage): Digest => layers[0] ?? "sha256:";
const blobOf = (registry: TestRegistry, made: TestImage): Buffer =>
  registry.blobs.get(layerOf(made)) ?? Buffer.alloc(0);

/** Does something instead of the first `times` answers about the layer. */
function first(times: number, layer: Digest, act: Intercept): Intercept {
  let count = 0;
  return (request, response) =>
    request.url?.includes(layer) === true && count++ < times ? act(request, response) : false;
}

const rangesOf = (registry: TestRegistry, layer: Digest) =>
  registry.askedFor("GET", layer).map(({ headers }) => headers.range);

describe("a registry", () => {
  it("that stops half-way is gone on with where it stopped", async () => {
    const { registry, made, fetch, layer, blob, blobs } = await setUp();
    const half = Math.floor(blob.length / 2);
    registry.intercept = first(1, layer, (_request, response) => {
      response.writeHead(200, { "content-length": blob.length });
      response.write(blob.subarray(0, half), () => response.destroy());
      return true;
    });
    expect(await fetch()).toMatchObject({ digest: made.digest });
    const [before, after] = rangesOf(registry, layer);
    expect(before).toBeUndefined();
    expect(after).toMatch(/^bytes=\d+-$/);
    expect(Number(after?.slice(6, -1))).toBeGreaterThan(0);
    expect(await blobs.readWhole(layer)).toEqual(blob);
  });

  it("that stops ever again is gone on with as long as it gets somewhere", async () => {
    const { registry, made, fetch, layer, blob } = await setUp({ attempts: 2 });
    registry.intercept = (request, response) => {
      if (!request.url?.includes(layer)) return false;
      const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
      // More than what counts as progress, also where some of it is lost on the way.
      const part = blob.subarray(from, from + 1_500_000);
      response.writeHead(from > 0 ? 206 : 200, {
        "content-length": blob.length - from,
        ...(from > 0 && { "content-range": `bytes ${from}-${blob.length - 1}/${blob.length}` }),
      });
      response.write(part, () => (from + part.length === blob.length ? response.end() : response.destroy()));
      return true;
    };
    expect(await fetch()).toMatchObject({ digest: made.digest });
  });

  it("that ignores ranges sends everything again, and it fits", async () => {
    const { registry, made, fetch, layer, blob, blobs } = await setUp();
    registry.intercept = (request, response) => {
      if (!request.url?.includes(layer)) return false;
      response.writeHead(200, { "content-length": blob.length });
      const isFirst = request.headers.range === undefined;
      response.write(isFirst ? blob.subarray(0, large / 2) : blob, () =>
        isFirst ? response.destroy() : response.end(),
      );
      return true;
    };
    expect(await fetch()).toMatchObject({ digest: made.digest });
    expect(await blobs.readWhole(layer)).toEqual(blob);
  });

  it("that answers a range with another one, or none, is asked for all of it", async () => {
    for (const status of [206, 416]) {
      const { registry, made, fetch, layer, blob } = await setUp();
      let cut = false;
      registry.intercept = (request, response) => {
        if (!request.url?.includes(layer)) return false;
        if (request.headers.range === undefined && cut) return false;
        cut = true;
        if (request.headers.range === undefined) {
          response.writeHead(200, { "content-length": blob.length });
          response.write(blob.subarray(0, large / 2), () => response.destroy());
        } else {
          response.writeHead(status, status === 206 ? { "content-range": `bytes 7-9/${blob.length}` } : {});
          response.end("abc");
        }
        return true;
      };
      expect(await fetch()).toMatchObject({ digest: made.digest });
      expect(rangesOf(registry, layer).map((range) => range === undefined)).toEqual([true, false, true]);
    }
  });

  it("that sends other bytes is refused, and nothing of it is kept", async () => {
    const { registry, made, fetch, layer, blob, stored, home } = await setUp();
    registry.blobs.set(layer, Buffer.concat([blob.subarray(0, -1), Buffer.from([~(blob.at(-1) ?? 0) & 255])]));
    const error = await failureOf(fetch());
    expect(error).toMatchObject({
      code: "image.corrupt",
      message: `What ${registry.host} sent of ${registry.host}/team/base:1 is not what its digest says.`,
    });
    expect(await stored()).toEqual([made.config.slice("sha256:".length)]);
    expect(await readdir(join(home, "images", "partial"))).toEqual([]);
    // It was not asked again for what is wrong.
    expect(registry.askedFor("GET", layer)).toHaveLength(1);
    registry.blobs.set(layer, blob);
    expect(await fetch()).toMatchObject({ digest: made.digest });
  });

  it("that sends other bytes after a break is asked once more for all", async () => {
    const { registry, made, fetch, layer, blob } = await setUp();
    registry.intercept = first(1, layer, (_request, response) => {
      response.writeHead(200, { "content-length": blob.length });
      response.write(noise(large / 2), () => response.destroy());
      return true;
    });
    expect(await fetch()).toMatchObject({ digest: made.digest });
    expect(rangesOf(registry, layer).map((range) => range === undefined)).toEqual([true, false, true]);
  });

  it("that sends more than it said is refused", async () => {
    const { registry, fetch, layer, blob } = await setUp();
    registry.blobs.set(layer, Buffer.concat([blob, blob]));
    expect(await failureOf(fetch())).toMatchObject({
      code: "image.corrupt",
      details: [expect.stringContaining("sends more than")],
    });
  });

  it("that sends another manifest than the one with this digest is refused", async () => {
    const { registry, fetch, made, stored } = await setUp();
    const other = addImage(registry, { layers: [makeLayer({ evil: "1" })] });
    addTag(registry, made.digest, other.digest);
    expect(await failureOf(fetch())).toMatchObject({
      code: "image.corrupt",
      details: [expect.stringContaining(`sent ${other.digest} where it was asked for ${made.digest}`)],
    });
    expect(await stored()).toEqual([]);
  });

  it("that falls silent is left, and gone on with", async () => {
    const clock = makeTickingClock(stallMs);
    const { registry, made, fetch, layer, blob, home } = await setUp({ stallMs }, clock);
    registry.intercept = first(1, layer, (_request, response) => {
      response.writeHead(200, { "content-length": blob.length });
      response.write(blob.subarray(0, large / 2));
      return true;
    });
    const fetched = fetch();
    const draft = join(home, "images", "partial", `fetch-${layer.slice("sha256:".length)}`);
    const draftBytes = async () => (await stat(draft).catch(() => null))?.size;
    await expect.poll(draftBytes, { timeout: 20_000 }).toBe(large / 2);
    // At the first look something has come, at the second nothing has.
    clock.tick(stallMs);
    await nextTurn();
    clock.tick(stallMs);
    expect(await fetched).toMatchObject({ digest: made.digest });
    expect(rangesOf(registry, layer)).toEqual([undefined, `bytes=${large / 2}-`]);
  });

  it.each([
    ["never answers", stallMs, (_response: ServerResponse) => {}],
    ["drips a manifest without end", documentMs, drip(8192)],
  ])("that %s has failed", async (_what, patienceMs, act) => {
    const clock = makeTickingClock(stallMs, documentMs);
    const { registry, fetch, stored } = await setUp({ stallMs, documentMs, attempts: 2 }, clock);
    registry.intercept = (_request, response) => {
      act(response);
      return true;
    };
    const failed = failureOf(fetch());
    for (const asked of [1, 2]) {
      await expect.poll(() => registry.asked.length, { timeout: 20_000 }).toBe(asked);
      clock.tick(patienceMs);
    }
    expect(await failed).toMatchObject({
      code: "registry.failed",
      message: expect.stringContaining("has sent next to nothing"),
    });
    expect(registry.asked).toHaveLength(2);
    expect(await stored()).toEqual([]);
  });

  it("that drips a blob without end is no better than a silent one", async () => {
    const clock = makeTickingClock(stallMs);
    const { registry, fetch, layer } = await setUp({ stallMs, attempts: 2 }, clock);
    registry.intercept = (request, response) => {
      if (!request.url?.includes(layer)) return false;
      drip(1)(response);
      return true;
    };
    const failed = failureOf(fetch());
    for (const asked of [1, 2]) {
      await expect.poll(() => rangesOf(registry, layer).length, { timeout: 20_000 }).toBe(asked);
      clock.tick(stallMs);
    }
    expect(await failed).toMatchObject({ code: "registry.failed" });
  });

  it("that asks for patience gets it, but not without end", async () => {
    const { registry, remote, image, made } = await setUp();
    let busy = 2;
    let headers: object = { "retry-after": "0" };
    registry.intercept = (_request, response) =>
      busy-- > 0 && sendError(response, 429, "TOOMANYREQUESTS", "slow down", headers);
    expect(await remote.resolve(image, signal)).toBe(made.digest);
    busy = Infinity;
    headers = { "retry-after": "3600" };
    registry.asked.length = 0;
    expect(await failureOf(remote.resolve(image, signal))).toMatchObject({
      code: "registry.failed",
      message: expect.stringContaining("answers 429"),
      hint: expect.stringContaining("docker login"),
    });
    expect(registry.asked).toHaveLength(1);
  });

  it("that fails is asked again, a number of times", async () => {
    const { registry, remote, image, made } = await setUp();
    let failures = 2;
    registry.intercept = (_request, response) =>
      failures-- > 0 && sendError(response, 503, "UNAVAILABLE", "try\u001b[31m later\nplease");
    expect(await remote.resolve(image, signal)).toBe(made.digest);
    failures = Infinity;
    registry.asked.length = 0;
    const error = await failureOf(remote.resolve(image, signal));
    expect(error).toMatchObject({
      code: "registry.failed",
      details: [`${registry.origin} answers 503 (UNAVAILABLE: try [31m later please)`],
      hint: expect.stringContaining(`BERTH_MIRRORS=${registry.host}=`),
    });
  });

  it("that is not there is said to be so", async () => {
    const { remote } = await openTestRemote();
    const gone = new URL(await serve(() => {})).host.replace(/\d+$/, "1");
    expect(await failureOf(remote.resolve(`${gone}/team/base:1`, signal))).toMatchObject({
      code: "registry.failed",
      message: `${gone}/team/base:1 could not be fetched: http://${gone} refuses connections (ECONNREFUSED).`,
    });
  });

  it("that speaks no HTTP is said to be so", async () => {
    const { registry, remote, image } = await setUp();
    registry.intercept = (request) => {
      request.socket.end("SSH-2.0-OpenSSH\r\n");
      return true;
    };
    expect(await failureOf(remote.resolve(image, signal))).toMatchObject({
      code: "registry.failed",
      details: [expect.stringContaining("does not speak HTTP")],
    });
  });
});

describe("a name", () => {
  it("is resolved without fetching the manifest", async () => {
    const { registry, remote, image, made } = await setUp();
    expect(await remote.resolve(image, signal)).toBe(made.digest);
    expect(registry.asked.map(({ method }) => method)).toEqual(["HEAD"]);
    expect(registry.asked[0]?.headers.accept).toBe(
      "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, " +
        "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json",
    );
  });

  it("is resolved by the manifest where HEAD is refused, or says nothing", async () => {
    for (const status of [405, 400, 200]) {
      const { registry, remote, image, made } = await setUp();
      registry.intercept = (request, response) => {
        if (request.method === "HEAD") response.writeHead(status).end();
        return request.method === "HEAD";
      };
      expect(await remote.resolve(image, signal)).toBe(made.digest);
    }
  });

  it("that says its digest stands for nothing else", async () => {
    const { registry, remote, image, made } = await setUp();
    expect(await remote.resolve(`${image}@${made.digest}`, signal)).toBe(made.digest);
    expect(registry.asked).toEqual([]);
  });

  it("that nobody has is told with the tags that there are", async () => {
    const { registry, remote, made } = await setUp();
    addTag(registry, "24-slim", made.digest);
    expect(await failureOf(remote.resolve(`${registry.host}/team/base:24-slin`, signal))).toMatchObject({
      code: "base.not-found",
      message: `There is no image ${registry.host}/team/base:24-slin.`,
      hint: `Did you mean ${registry.host}/team/base:24-slim?`,
      details: [expect.stringContaining("answers 404"), "Its tags: 1, 24-slim"],
    });
  });

  it("that differs in the version from one that is there is told with the line of berth.yaml", async () => {
    const { registry, remote, made } = await setUp();
    addTag(registry, "3.11-slim", made.digest);
    expect(await failureOf(remote.resolve(`${registry.host}/team/base:3.13-slim`, signal))).toMatchObject({
      hint: `Did you mean ${registry.host}/team/base:3.11-slim? Where you have not named the image yourself, say in berth.yaml: version: "3.11".`,
    });
  });

  it("that no image can have is told without asking anyone", async () => {
    const { registry, remote } = await setUp();
    for (const name of [
      "Team/Base",
      "team/../base",
      "team/base:",
      "team/base@sha256:12",
      "team//base",
      "team/base:1?x",
      "a b",
    ])
      expect(await failureOf(remote.resolve(`${registry.host}/${name}`, signal))).toMatchObject({
        code: "base.not-found",
      });
    expect(registry.asked).toEqual([]);
  });

  it("of a pin whose content is gone tells how to move it", async () => {
    const { registry, fetch, made, image } = await setUp();
    registry.manifests.delete(made.digest);
    expect(await failureOf(fetch())).toMatchObject({
      code: "base.not-found",
      message: expect.stringContaining("is not in its registry any more"),
      hint: expect.stringContaining(`berth bases update ${image}`),
    });
  });

  it("is asked for newer content, one by one", async () => {
    const { registry, remote, image, made } = await setUp();
    const old = addImage(registry, { layers: [makeLayer({ old: "1" })] });
    const pins = [
      { image, digest: made.digest },
      { image, digest: old.digest },
      { image: `${registry.host}/team/base:gone`, digest: old.digest },
    ];
    const [same, moved, gone] = await remote.newer(pins, signal);
    expect(same).toEqual({ ...pins[0], newer: null, problem: null });
    expect(moved).toEqual({ ...pins[1], newer: made.digest, problem: null });
    expect(gone).toMatchObject({ ...pins[2], newer: null, problem: { code: "base.not-found" } });
  });
});

describe("a mirror", () => {
  it("is asked first, and what it lacks or damages is asked of the next one", async () => {
    const [damaged, whole, itself] = await Promise.all([serveRegistry(), serveRegistry(), serveRegistry()]);
    const made = addImage(whole, { layers: [makeLayer({ "large.bin": noise(large) })] });
    addTag(whole, "1", made.digest);
    for (const [key, manifest] of whole.manifests) damaged.manifests.set(key, manifest);
    damaged.blobs.set(layerOf(made), noise(blobOf(whole, made).length));
    const mirrors = `${itself.host}=${damaged.origin},${itself.host}=${whole.origin}/folder`;
    const { remote } = await openTestRemote({ mirrors });
    const image = `${itself.host}/team/base:1`;
    const digest = await remote.resolve(image, signal);
    expect(await remote.fetchBase({ image, digest }, platform, { signal })).toMatchObject({
      digest: made.digest,
      image,
    });
    expect(damaged.askedFor("GET", layerOf(made))).toHaveLength(1);
    expect(whole.askedFor("GET", `/v2/folder/team/base/blobs/${layerOf(made)}`)).toHaveLength(1);
    expect(itself.asked).toEqual([]);
  });

  it("that is down is not asked again at once", async () => {
    const [down, itself] = await Promise.all([serveRegistry(), serveRegistry()]);
    const made = addImage(itself);
    addTag(itself, "1", made.digest);
    down.intercept = (_request, response) => sendError(response, 500, "UNKNOWN", "broken");
    const { remote } = await openTestRemote({ mirrors: `${itself.host}=${down.origin}` });
    const image = `${itself.host}/team/base:1`;
    const digest = await remote.resolve(image, signal);
    const tries = down.asked.length;
    await remote.fetchBase({ image, digest }, platform, { signal });
    expect(down.asked).toHaveLength(tries);
  });

  it("and the registry that both fail are both named", async () => {
    const [mirror, itself] = await Promise.all([serveRegistry(), serveRegistry()]);
    itself.intercept = (_request, response) => sendError(response, 500, "UNKNOWN", "broken");
    const { remote } = await openTestRemote({ mirrors: `${itself.host}=${mirror.origin}` });
    // The mirror knows it better than a registry that says nothing.
    expect(await failureOf(remote.resolve(`${itself.host}/team/base:1`, signal))).toMatchObject({
      code: "base.not-found",
      message: `The mirror ${mirror.origin} does not have ${itself.host}/team/base:1, and ${itself.host} itself could not be asked.`,
      details: [
        `${mirror.origin} (a mirror of ${itself.host}) answers 404 (MANIFEST_UNKNOWN: unknown)`,
        `${itself.origin} answers 500 (UNKNOWN: broken)`,
      ],
    });
  });
});
