import { expect, it } from "vitest";
import { digestOf } from "../../layout/blobs.ts";
import { indexType, makeManifest, manifestType, startTestRegistry, type TestRegistry } from "../testing/registry.ts";

it("lists tags page by page", async () => {
  const { send, image } = await startTestRegistry();
  for (const tag of ["b", "a", "10", "B"]) await image("shop/tools", tag, "layer");
  const list = async (query = "") => {
    const { headers, json } = await send("GET", `/v2/shop/tools/tags/list${query}`, { as: "vera" });
    return { ...(json() as { tags: string[] }), link: headers.link };
  };
  expect(await list()).toEqual({ name: "shop/tools", tags: ["10", "B", "a", "b"], link: undefined });
  expect(await list("?n=3")).toMatchObject({
    tags: ["10", "B", "a"],
    link: '</v2/shop/tools/tags/list?n=3&last=a>; rel="next"',
  });
  expect(await list("?n=3&last=a")).toMatchObject({ tags: ["b"], link: undefined });
  expect((await send("GET", "/v2/shop/other/tags/list")).status).toBe(404);
  expect((await send("GET", "/v2/notes/tags/list")).json()).toEqual({ name: "notes", tags: [] });
  expect((await send("GET", "/v2/shop/tools/tags/list?n=-1")).status).toBe(400);
});

it("lists repositories to who may see them", async () => {
  const { send, image, releaseImages } = await startTestRegistry();
  await image("shop/tools", "1", "layer");
  await image("shop/tools/more", "1", "layer");
  await image("notes", "1", "layer");
  releaseImages.push(digestOf("anything"));
  const all = ["notes", "shop", "shop/tools", "shop/tools/more"];
  expect((await send("GET", "/v2/_catalog", { as: "vera" })).json()).toEqual({ repositories: all });
  const page = await send("GET", "/v2/_catalog?n=2&last=notes");
  expect(page.json()).toEqual({ repositories: ["shop", "shop/tools"] });
  expect(page.headers.link).toBe('</v2/_catalog?n=2&last=shop%2Ftools>; rel="next"');

  const tokenFor = async (scope: string) => {
    const { token } = (await send("GET", `/v2/token?scope=${scope}`)).json() as { token: string };
    return { as: null, headers: { authorization: `Bearer ${token}` } };
  };
  expect((await send("GET", "/v2/_catalog", await tokenFor("registry:catalog:*"))).json()).toEqual({
    repositories: all,
  });
  const other = await send("GET", "/v2/_catalog", await tokenFor("repository:shop:pull"));
  expect(other.status).toBe(401);
  expect(other.headers["www-authenticate"]).toContain('scope="registry:catalog:*"');
});

const sbom = "application/vnd.cyclonedx+json";

/** Pushes an artifact that refers to a subject; its digest. */
async function refer({ send, blob }: TestRegistry, subject: object, more: object = {}) {
  const config = await blob("shop", "{}");
  const text = makeManifest(config, await blob("shop", "layer"), 5, { subject, ...more });
  const put = await send("PUT", `/v2/shop/manifests/${digestOf(text)}`, {
    headers: { "content-type": manifestType },
    body: text,
  });
  expect(put.status).toBe(201);
  return { digest: digestOf(text), size: text.length, oci: put.headers["oci-subject"] };
}

it("lists what refers to a manifest, also before that is there", async () => {
  const registry = await startTestRegistry();
  const { send } = registry;
  const text = makeManifest(await registry.blob("shop", "{}"), await registry.blob("shop", "layer"), 5);
  const subject = { mediaType: manifestType, digest: digestOf(text), size: text.length };
  const annotations = { "org.example.note": "one" };
  const one = await refer(registry, subject, { artifactType: sbom, annotations });
  const two = await refer(registry, subject);
  expect(one.oci).toBe(subject.digest);
  const list = async (query = "", repository = "shop") => {
    const { status, headers, json } = await send("GET", `/v2/${repository}/referrers/${subject.digest}${query}`);
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe(indexType);
    return { index: json() as { manifests: { digest: string }[] }, filters: headers["oci-filters-applied"] };
  };
  const first = { mediaType: manifestType, digest: one.digest, size: one.size, artifactType: sbom, annotations };
  const artifactType = "application/vnd.oci.image.config.v1+json";
  const second = { mediaType: manifestType, digest: two.digest, size: two.size, artifactType };
  const all = [first, second].sort((a, b) => (a.digest < b.digest ? -1 : 1));
  expect(await list()).toEqual({
    index: { schemaVersion: 2, mediaType: indexType, manifests: all },
    filters: undefined,
  });
  const filtered = await list(`?artifactType=${encodeURIComponent(sbom)}`);
  expect(filtered.index.manifests).toEqual([first]);
  expect(filtered.filters).toBe("artifactType");
  expect((await list("?artifactType=none")).index.manifests).toEqual([]);
  expect((await list("", "notes")).index.manifests).toEqual([]);

  await send("DELETE", `/v2/shop/manifests/${one.digest}`);
  expect((await list()).index.manifests).toEqual([second]);
  expect((await send("GET", "/v2/shop/referrers/sha256:x")).status).toBe(400);
});

it("lists what Berth states of the images of releases, and lets it be pulled", async () => {
  const registry = await startTestRegistry();
  const { send, images, releaseImages } = registry;
  const image = await images.blobs.put(makeManifest(await images.blobs.put("{}"), await images.blobs.put("app"), 3));
  const statement = await images.blobs.put("statement");
  const text = makeManifest(await images.blobs.put("{}"), statement, 9, {
    artifactType: "application/vnd.in-toto+json",
  });
  const provenance = await images.blobs.put(text);
  await images.referrers.add(image, provenance);
  const list = async () =>
    ((await send("GET", `/v2/shop/referrers/${image}`)).json() as { manifests: { digest: string }[] }).manifests;
  expect(await list()).toEqual([]);
  expect((await send("GET", `/v2/shop/manifests/${provenance}`)).status).toBe(404);
  releaseImages.push(image);
  expect(await list()).toMatchObject([{ digest: provenance, artifactType: "application/vnd.in-toto+json" }]);
  expect((await send("GET", `/v2/shop/manifests/${provenance}`)).body.toString()).toBe(text);
  expect((await send("GET", `/v2/shop/blobs/${statement}`)).body.toString()).toBe("statement");
  expect((await send("GET", `/v2/notes/blobs/${statement}`)).status).toBe(404);
});

it("cuts a long list of referrers into pages", async () => {
  const registry = await startTestRegistry();
  const subject = { mediaType: manifestType, digest: digestOf("subject"), size: 7 };
  const pushed = [];
  for (const name of ["a", "b", "c"]) {
    pushed.push((await refer(registry, subject, { annotations: { name, long: "x".repeat(1.5 * 2 ** 20) } })).digest);
  }
  const found: string[] = [];
  for (let path: string | undefined = `/v2/shop/referrers/${subject.digest}`; path !== undefined;) {
    const { headers, json, body } = await registry.send("GET", path);
    expect(body.length).toBeLessThan(4 * 2 ** 20 + 1_000);
    found.push(...(json() as { manifests: { digest: string }[] }).manifests.map((manifest) => manifest.digest));
    path = /^<(.*)>; rel="next"$/.exec(String(headers.link))?.[1];
  }
  expect(found).toEqual(pushed.sort());
});
