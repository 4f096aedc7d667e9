import { chmod, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { canonicalJson } from "@berth/core";
import type { Artifact, Digest } from "@berth/core";
import { makeTestTree } from "@berth/core/testing";
import type { TestFiles } from "@berth/core/testing";
import { beforeEach, describe, expect, it } from "vitest";
import type { Base } from "../../base.ts";
import type { Images } from "../../images.ts";
import { makeHome, openTestImages, plainSpec } from "../../testing/images.ts";
import { encodeHeader } from "../../tar/header.ts";
import { attachArtifact, imageDescriptor, listAttached } from "../attached.ts";
import type { Attached } from "../attached.ts";
import { attachProvenance } from "../attach.ts";
import { envelopeMediaType, signStatement, statementMediaType } from "../dsse.ts";
import { hasProvenance } from "../has-provenance.ts";
import { makeSbomMaker } from "../sbom/sbom.ts";
import { drawSigningKey, readSigningKey } from "../signing-key.ts";
import { makeStatement } from "../statement.ts";
import { testPlan, testProvenance } from "../testing/provenance.ts";
import { verifyImage } from "./verify-image.ts";

const key = readSigningKey(drawSigningKey());
const files: TestFiles = {
  "package-lock.json": JSON.stringify({ packages: { "node_modules/a": { version: "1.0.0" } } }),
  "lib/a.js": "a".repeat(3000),
  "lib/b.js": "b".repeat(3000),
  "lib/link": { mode: "120000", content: Buffer.from("a.js") },
  "run.sh": { mode: "100755", content: Buffer.from("#!/bin/sh\n") },
};

interface Made {
  home: string;
  images: Images;
  artifact: Artifact;
  layer: Digest;
  source: ReturnType<typeof makeTestTree>;
}

/** An image of files, with its unpacked copy and its provenance. */
async function make(options: { base?: Base; writable?: string[] } = {}): Promise<Made> {
  const home = await makeHome();
  const images = await openTestImages(home);
  const source = makeTestTree(files);
  const spec = { source, entries: await source.list(), prefix: "app", previous: null };
  const { layer } = await images.treeLayer({ ...spec, signal: new AbortController().signal });
  const on = options.base ?? null;
  const writable = options.writable ?? [];
  const assembled = await images.assemble({ ...plainSpec, on, writable, layers: [layer] });
  const base = { ...plainSpec.base, digest: on?.digest ?? null };
  const provenance = { ...testProvenance, tree: source.id, plan: { ...testPlan, base } };
  const artifact = { ...assembled, key: "k".repeat(64), createdAt: 0, provenance, seal: null };
  const made = { home, images, artifact, layer: layer.digest, source };
  await attach(made);
  return made;
}

const attachDeps = (images: Images) => ({ images, key, sboms: makeSbomMaker(), berthVersion: "0.1.0" });
const attach = ({ images, artifact, source }: Made, signed: "with the build" | "later" = "with the build") =>
  attachProvenance(attachDeps(images), artifact, source, signed);
const blobPath = (home: string, digest: Digest) => join(home, "images/blobs/sha256", digest.slice(7));

async function verify({ home, images, artifact, source }: Made, records: Artifact[] = [artifact]) {
  const recordOf = (image: Digest, of: string) =>
    Promise.resolve(records.find((one) => one.digest === image && one.key === of) ?? null);
  const found = { commit: testProvenance.commit, trees: [source.id] };
  return verifyImage({ home, images, key, recordOf }, artifact.digest, found);
}

/** What fails, as `check: message`. */
async function failures(made: Made, records?: Artifact[]): Promise<string[]> {
  const checks = await verify(made, records);
  return checks.filter(({ state }) => state === "failed").map(({ check, message }) => `${check}: ${message}`);
}

async function flip(path: string, at?: number): Promise<void> {
  const { mode, mtime, atime } = await stat(path);
  const bytes = await readFile(path);
  bytes[at ?? bytes.length >> 1]! ^= 1;
  await chmod(path, 0o644);
  await writeFile(path, bytes);
  await chmod(path, mode);
  await utimes(path, atime, mtime);
}

async function attachedBlob(made: Made, type: string): Promise<Digest> {
  const attached = await listAttached(made.images, made.artifact.digest);
  return attached.find(({ artifactType }) => artifactType === type)!.blob;
}

describe("an image with its provenance", () => {
  it("passes every check, and attaching again changes nothing", async () => {
    const made = await make();
    const before = await readdir(join(made.home, "images/blobs/sha256"));
    await attach(made);
    expect(await readdir(join(made.home, "images/blobs/sha256"))).toEqual(before);
    expect(await hasProvenance({ images: made.images, key }, made.artifact)).toBe(true);
    const checks = await verify(made);
    expect(checks.map(({ check, state }) => `${check} ${state}`)).toEqual(
      `signature ok, subject ok, record ok, source ok, sbom ok, manifest ok, config ok, layer ok, base ok, copy ok`.split(
        ", ",
      ),
    );
    expect(checks.find(({ check }) => check === "sbom")?.message).toMatch(/, 1 component$/);
    expect(checks.find(({ check }) => check === "copy")?.message).toBe("5 files");
  });

  it("has none that counts for another key or another build", async () => {
    const { images, artifact } = await make();
    const other = readSigningKey(drawSigningKey());
    expect(await hasProvenance({ images, key: other }, artifact)).toBe(false);
    expect(await hasProvenance({ images, key }, { ...artifact, key: "other" })).toBe(false);
    const provenance = { ...artifact.provenance, commit: "9".repeat(40) };
    expect(await hasProvenance({ images, key }, { ...artifact, provenance })).toBe(false);
  });

  it("says where it was signed after the build, also beside what a crash has left of signing with it", async () => {
    const made = await make();
    const attached = await listAttached(made.images, made.artifact.digest);
    const statement = attached.find(({ artifactType }) => artifactType === statementMediaType)!;
    const signature = async () => (await verify(made)).find(({ check }) => check === "signature")!.message;
    expect(await signature()).not.toContain("after the build");
    await made.images.referrers.remove(made.artifact.digest, statement.digest);
    await attach(made, "later");
    expect(await signature()).toMatch(/, signed after the build and not with it$/);
    expect(await failures(made)).toEqual([]);
  });

  it("that was built again is checked against what is recorded of the newer build", async () => {
    const made = await make();
    const provenance = { ...made.artifact.provenance, startedAt: 5, finishedAt: 6 };
    const again = { ...made, artifact: { ...made.artifact, provenance } };
    expect(await failures(again)).toEqual([expect.stringMatching(/^record: predicate\.runDetails\.metadata/)]);
    await attach(again);
    expect(await failures(again)).toEqual([]);
  });
});

describe("a changed byte", () => {
  let made: Made;
  beforeEach(async () => {
    made = await make({ writable: ["tmp"] });
  });

  it("of the manifest is found", async () => {
    await flip(blobPath(made.home, made.artifact.digest));
    expect(await failures(made)).toEqual([
      expect.stringMatching(/^manifest: the bytes of sha256:\w{12} have the digest sha256:\w{12}$/),
    ]);
  });

  it("of the configuration is found", async () => {
    const { configDigest } = await made.images.describe(made.artifact.digest);
    await flip(blobPath(made.home, configDigest));
    expect(await failures(made)).toEqual([
      expect.stringMatching(/^config: the bytes of sha256:\w{12} have the digest sha256:/),
    ]);
  });

  it("of a layer is found, and the first file that differs is named", async () => {
    const path = blobPath(made.home, made.layer);
    // A flip within a compressed layer may break it anywhere after; a layer with another content is what it is.
    const { gunzipSync } = await import("node:zlib");
    const archive = gunzipSync(await readFile(path));
    archive[archive.indexOf("bbbbbbbb") + 5]! ^= 1;
    await writeFile(path, gzipSync(archive));
    expect(await failures(made)).toEqual([
      expect.stringMatching(/^layer: layer 1 of 1 \(app\): the bytes of .*; the content of app\/lib\/b\.js differs$/),
    ]);
  });

  it("anywhere in a layer's blob is found", async () => {
    const path = blobPath(made.home, made.layer);
    const { size } = await stat(path);
    for (const at of [0, 5, Math.floor(size / 3), size - 6, size - 1]) {
      await flip(path, at);
      const [first, ...others] = await failures(made);
      expect(first).toMatch(/^layer: layer 1 of 1 \(app\): the bytes of /);
      expect(others).toEqual([]);
      await flip(path, at);
    }
    expect(await failures(made)).toEqual([]);
  });

  it.each([
    [
      "envelope",
      statementMediaType,
      /^signature: the provenance sha256:\w{12}: its bytes are not what its digest says/,
    ],
    ["bundle", "application/vnd.dev.sigstore.bundle.v0.3+json", /^signature: the provenance sha256:\w{12}: its bytes/],
    ["bill of materials", "application/vnd.cyclonedx+json", /^sbom: the bytes of sha256:\w{12} have the digest/],
  ])("of the %s is found", async (_, type, message) => {
    await flip(blobPath(made.home, await attachedBlob(made, type)));
    expect((await failures(made))[0]).toMatch(message);
  });

  it("of the manifest of what lies beside the image is found", async () => {
    for (const { digest } of await listAttached(made.images, made.artifact.digest)) {
      await flip(blobPath(made.home, digest));
      expect((await failures(made))[0]).toMatch(/^signature: what lies beside the image as sha256:\w{12}: its bytes/);
      await flip(blobPath(made.home, digest));
    }
  });

  it("of the configuration of what lies beside the image is found, and attaching again mends it", async () => {
    const [{ config }] = (await listAttached(made.images, made.artifact.digest)) as [Attached];
    await flip(blobPath(made.home, config));
    const found = await failures(made);
    expect(found).toHaveLength(3);
    expect(found[0]).toMatch(
      /^signature: the configuration of what lies beside the image as sha256:\w{12}: the bytes of/,
    );
    await attach(made);
    expect(await failures(made)).toEqual([]);
  });

  it("of the unpacked copy is found, also where size and time are as before", async () => {
    const root = join(made.home, "unpacked", made.artifact.digest.slice(7), "root");
    await flip(join(root, "app/lib/a.js"), 10);
    expect(await failures(made)).toEqual(["copy: app/lib/a.js has other content"]);
  });

  it("of the archive that further copies are made from is found", async () => {
    await flip(join(made.home, "cache/archives", made.layer.slice(7)));
    expect(await failures(made)).toEqual([
      "copy: the plain archive of layer 1, which copies are made from, has been changed",
    ]);
  });

  it("of the note of what is in a layer is found", async () => {
    const path = join(made.home, "cache/layers", `${made.layer.slice(7)}.json`);
    const text = await readFile(path, "utf8");
    const hash = /[0-9a-f]{64}/.exec(text.slice(text.indexOf("lib/a.js")))![0];
    await writeFile(path, text.replace(hash, "0".repeat(64)));
    expect(await failures(made)).toEqual([
      expect.stringMatching(
        /^layer: .* note of what is in .* has been changed: the content of app\/lib\/a\.js differs$/,
      ),
      "copy: app/lib/a.js has other content",
    ]);
  });

  it("of the record of the build is told with what is signed", async () => {
    const { artifact } = made;
    const plan = { ...artifact.provenance.plan, command: { argv: ["node", "other.js"] } };
    const changed = { ...artifact, provenance: { ...artifact.provenance, plan } };
    expect(await failures(made, [changed])).toEqual([
      'record: predicate.buildDefinition.externalParameters.plan.command.argv[1]: recorded is "other.js", signed is "server.js"',
    ]);
    expect(await failures(made, [])).toEqual([expect.stringContaining("record of the build")]);
  });
});

describe("an unpacked copy", () => {
  it("fails for a file that was added, removed, made executable, or pointed elsewhere; what may be written is not looked at", async () => {
    const made = await make({ writable: ["tmp"] });
    const app = join(made.home, "unpacked", made.artifact.digest.slice(7), "root/app");
    await writeFile(join(app, "tmp/note"), "of the app");
    expect(await failures(made)).toEqual([]);
    await chmod(join(app, "lib"), 0o755);
    await writeFile(join(app, "lib/added.js"), "");
    expect(await failures(made)).toEqual(["copy: app/lib/added.js is not in the image"]);
    await rm(join(app, "lib/added.js"));
    await chmod(join(app, "lib/b.js"), 0o555);
    expect(await failures(made)).toEqual(["copy: app/lib/b.js has another mode"]);
    await rm(join(app, "lib/b.js"));
    expect(await failures(made)).toEqual(["copy: app/lib/b.js is missing"]);
  });
});

describe("provenance that was put in place of another", () => {
  async function replaced(made: Made, envelope: object): Promise<void> {
    const { images, artifact } = made;
    for (const { digest, artifactType } of await listAttached(images, artifact.digest)) {
      if (artifactType === statementMediaType) await images.referrers.remove(artifact.digest, digest);
    }
    await attachArtifact(images, await imageDescriptor(images, artifact.digest), {
      artifactType: statementMediaType,
      mediaType: envelopeMediaType,
      content: canonicalJson(envelope),
      title: "provenance.dsse.json",
      annotations: {},
    });
  }

  it("fails where its content or signature was changed, though every digest fits", async () => {
    const made = await make();
    const statement = makeStatement(made.artifact.provenance, {
      image: made.artifact.digest,
      key: "k",
      sbom: null,
      signedLater: false,
    });
    const envelope = signStatement(statement, key);
    const forged = Buffer.from(JSON.stringify({ ...statement, subject: [] })).toString("base64");
    await replaced(made, { ...envelope, payload: forged });
    expect((await failures(made))[0]).toMatch(
      /^signature: the provenance .*: what is signed, or the signature, is not/,
    );
  });

  it("fails where it is signed with another key, or is not there", async () => {
    const made = await make();
    const other = readSigningKey(drawSigningKey());
    const statement = makeStatement(made.artifact.provenance, {
      image: made.artifact.digest,
      key: "k",
      sbom: null,
      signedLater: false,
    });
    await replaced(made, signStatement(statement, other));
    expect((await failures(made)).join("\n")).toMatch(/only what is signed with [0-9a-f]{12}$/);
    await made.images.referrers.removeAll(made.artifact.digest);
    expect(await failures(made)).toEqual([
      expect.stringMatching(/^signature: there is no provenance signed with the key/),
    ]);
  });

  it("fails where it is of another image", async () => {
    const made = await make();
    const statement = makeStatement(made.artifact.provenance, {
      image: `sha256:${"9".repeat(64)}`,
      key: made.artifact.key,
      sbom: null,
      signedLater: false,
    });
    await replaced(made, signStatement(statement, key));
    expect((await failures(made)).join("\n")).toMatch(/subject: the provenance is of sha256:9{12}, not of sha256:/);
  });

  it("is left alone where another tool attests something of its own", async () => {
    const made = await make();
    const other = readSigningKey(drawSigningKey());
    await attachArtifact(made.images, await imageDescriptor(made.images, made.artifact.digest), {
      artifactType: statementMediaType,
      mediaType: envelopeMediaType,
      content: canonicalJson(signStatement({ _type: "a scan" }, other)),
      title: "scan.json",
      annotations: {},
    });
    expect(await failures(made)).toEqual([]);
  });
});

describe("an image on a base", () => {
  async function makeBase(images: Images, content: string): Promise<Base> {
    const body = Buffer.from(content);
    const header = encodeHeader({
      name: "base.txt",
      type: "file",
      mode: 0o644,
      sizeBytes: body.length,
      mtime: 1_000_000_000,
      target: "",
      owner: 0,
    });
    const padding = Buffer.alloc(1536 - body.length);
    const { diffId, ...layer } = await images.archiveLayer(
      (async function* () {
        yield Buffer.concat([header, body, padding]);
      })(),
    );
    await images.settle(layer.digest);
    const config = await images.blobs.put(
      JSON.stringify({
        architecture: "amd64",
        os: "linux",
        config: {},
        rootfs: { type: "layers", diff_ids: [diffId] },
      }),
    );
    const manifest = await images.blobs.put(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: config, size: 1 },
        layers: [{ mediaType: layer.mediaType, digest: layer.digest, size: layer.sizeBytes }],
      }),
    );
    const image = "docker.io/library/node:24-slim";
    const { platform } = plainSpec;
    return { image, digest: manifest, manifest, platform, glibc: null, layers: [{ ...layer, diffId }], env: [] };
  }

  it("of which a layer of the base is damaged says what to do, and builds find that the layer is not there", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const base = await makeBase(images, "one");
    const image = await images.assemble({ ...plainSpec, on: base, layers: [] });
    const provenance = { ...testProvenance, plan: { ...testPlan, base } };
    const artifact = { ...image, key: "k", createdAt: 0, provenance, seal: null };
    const made = { home, images, artifact, layer: base.layers[0]!.digest, source: makeTestTree(files) };
    await flip(blobPath(home, made.layer));
    expect((await failures(made, [])).join("\n")).toMatch(
      /layer: layer 1 of 1 \(base\): the bytes of .*; `berth rebuild`, or the next push, fetches it again/,
    );
    expect(await images.has(image.digest)).toBe(false);
  });

  it("has the layers of the base that is pinned, and fails where they are another's", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const base = await makeBase(images, "one");
    const other = await makeBase(images, "two");
    const source = makeTestTree(files);
    const spec = { source, entries: await source.list(), prefix: "app", previous: null };
    const { layer } = await images.treeLayer({ ...spec, signal: new AbortController().signal });
    const assembled = await images.assemble({ ...plainSpec, on: base, layers: [layer] });
    const artifactOn = (digest: Digest): Artifact => ({
      ...assembled,
      key: digest,
      createdAt: 0,
      provenance: { ...testProvenance, tree: source.id, plan: { ...testPlan, base: { ...plainSpec.base, digest } } },
      seal: null,
    });
    const made = { home, images, artifact: artifactOn(base.digest), layer: layer.digest, source };
    await attach(made);
    expect((await verify(made)).map(({ check, state }) => `${check} ${state}`)).toEqual(
      `signature ok, subject ok, record ok, source ok, sbom ok, manifest ok, config ok, layer ok, layer ok, base ok, copy unchecked`.split(
        ", ",
      ),
    );
    await images.referrers.removeAll(assembled.digest);
    const wrong = { ...made, artifact: artifactOn(other.digest) };
    await attach(wrong);
    expect(await failures(wrong)).toEqual([
      expect.stringMatching(/^base: layer 1 of docker\.io.* is .*, that of the image/),
    ]);
  });

  it("that others have made may say anything in its labels", async () => {
    const { home, images, artifact, layer, source } = await make();
    const { layers } = await images.describe(artifact.digest);
    const config = {
      os: "linux",
      architecture: "amd64",
      config: { Labels: { "dev.berth.writable": "no JSON" } },
      rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    };
    const foreign = await images.assembleForeign({
      config,
      layers: layers.map((one) => ({ ...one, files: 1 })),
      annotations: {},
    });
    const checks = await verify({ home, images, artifact: { ...artifact, ...foreign }, layer, source });
    expect(checks.map(({ check, state }) => `${check} ${state}`)).toEqual([
      "signature failed",
      "manifest ok",
      "config ok",
      "layer ok",
      "copy unchecked",
    ]);
  });
});
