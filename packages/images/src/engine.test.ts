import { execFile, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, link, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { canonicalJson } from "@berth/core";
import type { Digest } from "@berth/core";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Base } from "./base.ts";
import type { Images } from "./images.ts";
import { makeHome, openTestImages, plainSpec } from "./testing/images.ts";

const execute = promisify(execFile);
const registry = "http://127.0.0.1:5055/v2/library/debian";
const manifestTypes = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

async function findParts(): Promise<string | null> {
  try {
    execFileSync("docker", ["version"], { stdio: "ignore" });
  } catch {
    return "no Docker engine answers";
  }
  const answer = await fetch(`${registry}/manifests/12-slim`, {
    method: "HEAD",
    headers: { accept: manifestTypes },
  }).catch(() => null);
  return answer?.ok === true ? null : "no registry with debian:12-slim on localhost:5055";
}

const missing = await findParts();
if (missing !== null && process.env["CI"] === "true") throw new Error(`missing in CI: ${missing}`);

/** The base as the registry has it, in the layout. */
async function fetchBase(images: Images): Promise<Base> {
  const manifestText = await (
    await fetch(`${registry}/manifests/12-slim`, { headers: { accept: manifestTypes } })
  ).text();
  const digest = await images.blobs.put(manifestText);
  const manifest: { config: { digest: Digest }; layers: { mediaType: string; digest: Digest; size: number }[] } =
    JSON.parse(manifestText);
  const blob = async (name: Digest) => Buffer.from(await (await fetch(`${registry}/blobs/${name}`)).arrayBuffer());
  const config: { config: { Env: string[] }; rootfs: { diff_ids: Digest[] } } = JSON.parse(
    (await blob(manifest.config.digest)).toString(),
  );
  for (const layer of manifest.layers) expect(await images.blobs.put(await blob(layer.digest))).toBe(layer.digest);
  return {
    image: "docker.io/library/debian:12-slim",
    digest,
    manifest: digest,
    platform: { os: "linux", architecture: "amd64", libc: "glibc" },
    glibc: "2.36",
    layers: manifest.layers.map(({ mediaType, digest: name, size }, index) => {
      return { mediaType, digest: name, diffId: config.rootfs.diff_ids[index] ?? name, sizeBytes: size, files: 0 };
    }),
    env: config.config.Env,
  };
}

/** Gives an image to the engine as `docker load` takes it: configuration and layers as they lie in the layout. */
async function load(home: string, images: Images, digest: Digest): Promise<string> {
  const { configDigest, layers } = await images.describe(digest);
  const tag = `berth-assembler-test:${randomBytes(6).toString("hex")}`;
  const folder = await makeHome();
  const names = [configDigest, ...layers.map((layer) => layer.digest)].map((name) => name.slice(7));
  const [config = "", ...rest] = names;
  for (const name of names) await link(join(home, "images/blobs/sha256", name), join(folder, name));
  await writeFile(join(folder, "manifest.json"), canonicalJson([{ Config: config, RepoTags: [tag], Layers: rest }]));
  await execute("tar", ["-cf", "image.tar", "manifest.json", ...names], { cwd: folder });
  await execute("docker", ["load", "-q", "-i", join(folder, "image.tar")]);
  onTestFinished(async () => void (await execute("docker", ["rmi", "-f", tag])));
  return tag;
}

describe.skipIf(missing !== null)(
  `an image in a Docker engine${missing === null ? "" : ` (missing: ${missing})`}`,
  () => {
    it("runs as nobody, finds its programs, and may write where it should alone", { timeout: 120_000 }, async () => {
      const home = await makeHome();
      const images = await openTestImages(home);
      const on = await fetchBase(images);
      const folder = await makeHome();
      await mkdir(join(folder, "tools"));
      await writeFile(join(folder, "tools/hello"), "#!/bin/sh\necho hello from $(id -u):$(id -g)\n");
      await chmod(join(folder, "tools/hello"), 0o4755);
      await link(join(folder, "tools/hello"), join(folder, "tools/again"));
      await symlink("tools/hello", join(folder, "linked"));
      await writeFile(join(folder, "two\nlines"), "newline");
      await writeFile(join(folder, "ünïcode 日本"), "unicode");
      const deep = Array.from({ length: 4 }, (_, i) => `${i}`.repeat(200)).join("/");
      await mkdir(join(folder, deep), { recursive: true });
      // So much of different kinds that the layer has many parts.
      for (let i = 0; i < 200; i++) await writeFile(join(folder, deep, `file-${i}`), `${i} `.repeat(2000));
      await writeFile(join(folder, "large.bin"), randomBytes(3_000_000));
      const writable = ["data/cache"];
      const spec = { root: folder, sources: [{ host: folder, path: "app" }], exclude: [], writable };
      const layers = [await images.folderLayer(spec)];
      const image = { ...plainSpec, on, base: { image: on.image, digest: on.digest }, layers, writable };
      const { digest } = await images.assemble({ ...image, programs: ["tools"], command: { argv: ["hello"] } });
      const tag = await load(home, images, digest);

      const run = async (...args: string[]) =>
        (await execute("docker", ["run", "--rm", "--network=none", tag, ...args])).stdout;
      expect(await run()).toBe("hello from 1000:1000\n");
      expect(await run("again")).toBe("hello from 1000:1000\n");
      expect(await run("/app/linked")).toBe("hello from 1000:1000\n");
      expect(await run("sh", "-c", "pwd; echo $NODE_ENV; cat 'two\nlines' 'ünïcode 日本'")).toBe(
        "/app\nproduction\nnewlineunicode",
      );
      expect(await run("sh", "-c", `ls ${deep} | wc -l; cat ${deep}/file-7 | wc -c; stat -c '%s' large.bin`)).toBe(
        "200\n4000\n3000000\n",
      );
      expect(await run("stat", "-c", "%n %u:%g %a", "tools/hello", "data", "data/cache", "/app")).toBe(
        "tools/hello 0:0 755\ndata 0:0 755\ndata/cache 1000:1000 755\n/app 0:0 755\n",
      );
      expect(await run("stat", "-c", "%h", "tools/hello")).toBe("2\n");
      expect(
        await run("sh", "-c", "touch data/cache/x && echo yes; touch data/x server.js 2>/dev/null || echo no"),
      ).toBe("yes\nno\n");
    });
  },
);
