import { createHash, randomBytes } from "node:crypto";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { until } from "../support/until.ts";

const content = randomBytes(8 * 2 ** 20);
const digestOf = (bytes: Uint8Array | string) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

describe("the registry of a server", () => {
  let berth: Berth;
  const authorization = () => `Basic ${Buffer.from(`ada:${berth.token()}`).toString("base64")}`;
  const send = (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: Uint8Array<ArrayBuffer> | string,
  ) =>
    fetch(`${berth.url}${path}`, {
      method,
      headers: { authorization: authorization(), ...headers },
      redirect: "manual",
      ...(body !== undefined && { body }),
    });
  const pushBlob = async (repository: string, bytes: Uint8Array<ArrayBuffer> | string) => {
    const { status } = await send("POST", `/v2/${repository}/blobs/uploads/?digest=${digestOf(bytes)}`, {}, bytes);
    expect(status).toBe(201);
    return digestOf(bytes);
  };

  beforeAll(async () => {
    berth = await startBerth();
    await berth.api().apps.$post({ json: { name: "shop", defaultBranch: null } });
    await berth.api().apps.$post({ json: { name: "notes", defaultBranch: null } });
  });
  afterAll(() => berth.stop());

  it("goes on with an upload that a kill of the server has interrupted, where it was interrupted", async () => {
    const begun = await send("POST", "/v2/shop/blobs/uploads/");
    const location = begun.headers.get("location")!;
    const sending = request(`${berth.url}${location}`, {
      method: "PATCH",
      headers: { authorization: authorization(), "content-length": String(content.length) },
    });
    const broken = new Promise<void>((resolve) => sending.once("close", resolve));
    sending.on("error", () => undefined);
    sending.write(content.subarray(0, 5 * 2 ** 20));
    const sizeOf = async () => {
      const { headers } = await send("GET", location);
      return Number(headers.get("range")!.split("-")[1]) + 1;
    };
    await until("all that was sent has come", async () => (await sizeOf()) === 5 * 2 ** 20);
    await berth.kill();
    await broken;
    await berth.restart();
    const there = await sizeOf();
    expect(there).toBe(5 * 2 ** 20);
    const range = `${there}-${content.length - 1}`;
    const rest = await send("PATCH", location, { "content-range": range }, content.subarray(there));
    expect(rest.status).toBe(202);
    expect((await send("PUT", `${location}?digest=${digestOf(content)}`)).status).toBe(201);
  });

  it("gives what it took, whole and in ranges, also after it was killed again", async () => {
    await berth.kill();
    await berth.restart();
    const path = `/v2/shop/blobs/${digestOf(content)}`;
    const whole = Buffer.from(await (await send("GET", path)).arrayBuffer());
    expect(whole.equals(content)).toBe(true);
    const part = await send("GET", path, { range: "bytes=1000-1999" });
    expect(part.status).toBe(206);
    expect(Buffer.from(await part.arrayBuffer()).equals(content.subarray(1000, 2000))).toBe(true);
    expect((await send("GET", path, { range: `bytes=${content.length}-` })).status).toBe(416);
  });

  it("gives a blob to another app's repository by a mount, and to nobody by its digest alone", async () => {
    const digest = digestOf(content);
    expect((await send("GET", `/v2/notes/blobs/${digest}`)).status).toBe(404);
    const mounted = await send("POST", `/v2/notes/blobs/uploads/?mount=${digest}&from=shop`);
    expect(mounted.status).toBe(201);
    expect((await send("HEAD", `/v2/notes/blobs/${digest}`)).headers.get("content-length")).toBe(
      String(content.length),
    );
  });

  it("lists what refers to an image, deletes it, and writes both into the audit", async () => {
    const type = "application/vnd.oci.image.manifest.v1+json";
    const config = { mediaType: "application/vnd.oci.empty.v1+json", digest: await pushBlob("shop", "{}"), size: 2 };
    const image = JSON.stringify({ schemaVersion: 2, mediaType: type, config, layers: [] });
    const subject = { mediaType: type, digest: digestOf(image), size: image.length };
    const artifactType = "application/vnd.example.signature";
    const signature = JSON.stringify({ schemaVersion: 2, mediaType: type, artifactType, config, layers: [], subject });
    const put = (reference: string, text: string) =>
      send("PUT", `/v2/shop/manifests/${reference}`, { "content-type": type }, text);
    expect((await put("1.0", image)).status).toBe(201);
    const pushed = await put(digestOf(signature), signature);
    expect(pushed.headers.get("oci-subject")).toBe(subject.digest);
    const referrers = async () => {
      const answer = await send("GET", `/v2/shop/referrers/${subject.digest}?artifactType=${artifactType}`);
      expect(answer.headers.get("oci-filters-applied")).toBe("artifactType");
      return ((await answer.json()) as { manifests: { digest: string }[] }).manifests.map(({ digest }) => digest);
    };
    expect(await referrers()).toEqual([digestOf(signature)]);
    expect((await send("DELETE", `/v2/shop/manifests/${digestOf(signature)}`)).status).toBe(202);
    expect(await referrers()).toEqual([]);
    const { items } = await (await berth.api().audit.$get({ query: { app: "shop", limit: "10" } })).json();
    expect(items.map(({ action, detail }) => `${action} ${detail}`).slice(0, 3)).toEqual([
      `image.delete shop@${digestOf(signature)}`,
      `image.push shop@${digestOf(signature)}`,
      `image.push shop:1.0 ${digestOf(image)}`,
    ]);
  });

  it("has all that it has acknowledged, whenever it is killed", async () => {
    const type = "application/vnd.oci.image.manifest.v1+json";
    const acknowledged: { tag: string; layer: string }[] = [];
    const pushImage = async (tag: string) => {
      const layer = `layer of ${tag}`;
      const descriptor = { mediaType: "application/octet-stream", size: layer.length };
      const config = { mediaType: type, digest: await pushBlob("notes/many", "{}"), size: 2 };
      const layers = [{ ...descriptor, digest: await pushBlob("notes/many", layer) }];
      const text = JSON.stringify({ schemaVersion: 2, mediaType: type, config, layers });
      const { status } = await send("PUT", `/v2/notes/many/manifests/${tag}`, { "content-type": type }, text);
      expect(status).toBe(201);
      acknowledged.push({ tag, layer });
    };
    for (const round of [0, 1, 2]) {
      const lanes = Array.from({ length: 4 }, async (_, lane) => {
        for (let made = 0; ; made += 1) await pushImage(`t${round}-${lane}-${made}`);
      });
      const ended = Promise.allSettled(lanes);
      await until("a few images are pushed", () => acknowledged.length >= (round + 1) * (8 + round));
      await berth.kill();
      expect((await ended).every(({ status }) => status === "rejected")).toBe(true);
      await berth.restart();
    }
    for (const { tag, layer } of acknowledged) {
      const manifest = (await (await send("GET", `/v2/notes/many/manifests/${tag}`)).json()) as {
        layers: { digest: string }[];
      };
      const got = await send("GET", `/v2/notes/many/blobs/${manifest.layers[0]!.digest}`);
      expect(await got.text()).toBe(layer);
    }
    await pushImage("after");
  }, 60_000);

  it("gives a token for one app's repository that is good for no other", async () => {
    const asked = await fetch(`${berth.url}/v2/shop/manifests/1.0`);
    const challenge = asked.headers.get("www-authenticate")!;
    expect(challenge).toBe(
      `Bearer realm="${berth.url}/v2/token",service="localhost:${berth.port}",scope="repository:shop:pull"`,
    );
    const given = await send("GET", "/v2/token?scope=repository:shop:pull");
    const { token } = (await given.json()) as { token: string };
    const get = (path: string) => fetch(`${berth.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
    expect((await get("/v2/shop/manifests/1.0")).status).toBe(200);
    expect((await get("/v2/notes/tags/list")).status).toBe(401);
    await berth.kill();
    await berth.restart();
    expect((await get("/v2/shop/manifests/1.0")).status).toBe(200);
  });

  it("keeps nothing of an app that was deleted for one of the same name", async () => {
    await berth.api().apps[":app"].$delete({ param: { app: "shop" } });
    expect((await send("GET", "/v2/shop/manifests/1.0")).status).toBe(404);
    await berth.api().apps.$post({ json: { name: "shop", defaultBranch: null } });
    expect((await send("GET", "/v2/shop/manifests/1.0")).status).toBe(404);
    expect((await send("GET", `/v2/shop/blobs/${digestOf(content)}`)).status).toBe(404);
    expect((await send("GET", `/v2/notes/blobs/${digestOf(content)}`)).status).toBe(200);
  });

  it("is on the bare domain alone", async () => {
    expect((await berth.get("shop.localhost", "/v2/")).status).not.toBe(401);
    expect((await berth.get("localhost", "/v2/")).status).toBe(401);
    expect((await berth.get("127.0.0.1", "/v2/")).status).toBe(401);
  });
});
