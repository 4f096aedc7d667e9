import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Verification, VerificationCheck } from "../../packages/core/src/index.ts";
import { makePerson, type Person } from "../cli/cli.ts";
import { type Berth, startBerth } from "../support/berth.ts";
import { blobPath, flipByte, readJson } from "./bytes.ts";

const server = (text: string) =>
  `require("node:http").createServer((q, s) => s.end(${JSON.stringify(text)})).listen(process.env.PORT);`;
/** An app of two services, one in a folder of its own, with a lockfile that names nothing that has to be fetched. */
const app = {
  "package.json": JSON.stringify({ name: "shop", scripts: { start: "node server.js" } }),
  "package-lock.json": JSON.stringify({ name: "shop", lockfileVersion: 3, packages: { "": { name: "shop" } } }),
  "server.js": server("one"),
  "api/package.json": JSON.stringify({ name: "api", scripts: { start: "node api.js" } }),
  "api/api.js": server("api"),
  "berth.yaml":
    "services: { web: { routes: [/], build: { env: { PUBLIC_NAME: shop } } }, api: { source: api, routes: [/api] } }\n",
};

let berth: Berth;
let ada: Person;
let commit: string;
beforeAll(async () => {
  berth = await startBerth();
  ada = makePerson(berth);
  await ada.git("init", "--quiet", "--initial-branch=main");
  await ada.berth(["link", "shop"]);
  ada.write(app);
  commit = await push("Open the shop");
});
afterAll(async () => {
  ada.remove();
  await berth.stop();
});

async function push(message: string): Promise<string> {
  await ada.git("add", "--all");
  await ada.git("commit", "--quiet", "--allow-empty", "-m", message);
  const { code, err } = await ada.git("push", "--quiet", "berth", "main");
  if (code !== 0) throw new Error(err);
  return (await ada.git("rev-parse", "HEAD")).out.trim();
}

async function verify(version: number): Promise<Verification> {
  return ada.json<Verification>(["verify", `v${version}`]);
}

async function imageOf(service: string, version = 1): Promise<string> {
  const { services } = await verify(version);
  return services.find((one) => one.service === service)!.image;
}

function checkOf({ services }: Verification, service: string, name: string): VerificationCheck {
  return services.find((one) => one.service === service)!.checks.find(({ check }) => check === name)!;
}

/** What lies beside an image, over the registry, by the type of the artifact. */
async function referrers(image: string, type: string): Promise<{ digest: string; artifactType: string }[]> {
  const url = `${berth.url}/v2/shop/referrers/${image}?artifactType=${encodeURIComponent(type)}`;
  const authorization = `Basic ${Buffer.from(`ada:${berth.token()}`).toString("base64")}`;
  const index = (await (await fetch(url, { headers: { authorization } })).json()) as {
    manifests: { digest: string; artifactType: string }[];
  };
  return index.manifests.filter(({ artifactType }) => artifactType === type);
}

async function attachedBlob(image: string, type: string): Promise<string> {
  const [manifest] = await referrers(image, type);
  return readJson(berth, manifest!.digest).layers[0].digest;
}

const provenance = "application/vnd.in-toto+json";
const bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";
const sbom = "application/vnd.cyclonedx+json";

describe("a release that was pushed", () => {
  it("is what its provenance says: one line for each check", async () => {
    const { code, out } = await ada.berth(["verify", "v1"]);
    expect(out).toMatch(/^✓ shop v1 is what its provenance says: \d+ checks$/m);
    expect(code).toBe(0);
    for (const check of [
      "signature",
      "subject",
      "record",
      "source",
      "sbom",
      "manifest",
      "config",
      "layer",
      "base",
      "copy",
    ])
      expect(out.match(new RegExp(`^ {2}ok +${check} `, "gm"))).toHaveLength(2);
    expect(out).not.toContain("FAILED");
    expect(checkOf(await verify(1), "api", "source").message).toMatch(new RegExp(`of commit ${commit.slice(0, 7)}$`));
  });

  it("says in one screen how it was made", async () => {
    const { out } = await ada.berth(["releases", "show", "v1"]);
    expect(out).toMatch(/source +main {2}[0-9a-f]{7} {2}Open the shop$/m);
    expect(out).toMatch(/tree +[0-9a-f]{40}$/m);
    expect(out).toMatch(/image +sha256:[0-9a-f]{64} {2}[\d.]+ (B|KiB)$/m);
    expect(out).toMatch(/layers +app [\d.]+ (B|KiB)$/m);
    expect(out).toMatch(/stack +node: .*\(package\.json/m);
    expect(out).toMatch(/built +by host \S+ on linux\/\S+ \S+ in /m);
    expect(out).toMatch(/tools +.*node \d+\./m);
    expect(out).toMatch(/build env +PUBLIC_NAME=shop$/m);
    expect(out).toMatch(/sbom +0 components$/m);
    expect(out).toMatch(/signed +by key [0-9a-f]{12}, not checked here: berth verify v1$/m);
    expect(out.split("\n").length).toBeLessThan(50);
  });

  it("gives its documents as they were signed", async () => {
    const show = ["releases", "show", "v1", "--service", "web"];
    const envelope = await ada.json<{ payload: string }>([...show, "--provenance"]);
    const statement = JSON.parse(Buffer.from(envelope.payload, "base64").toString());
    expect(statement).toMatchObject({
      predicateType: "https://slsa.dev/provenance/v1",
      subject: [{ name: "shop/web", digest: { sha256: (await imageOf("web")).slice(7) } }],
      predicate: {
        buildDefinition: { externalParameters: { app: "shop", source: { commit }, env: { PUBLIC_NAME: "shop" } } },
        runDetails: { metadata: { invocationId: expect.stringMatching(/^op_/) } },
      },
    });
    expect(await ada.json([...show, "--sbom"])).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6" });
    expect(await ada.berth(["releases", "show", "v1", "--sbom"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("--service web"),
    });
    expect(await ada.berth(["releases", "show", "v1", "--sbom", "--service", "no"])).toMatchObject({ code: 4 });
  });

  it("is found with all that lies beside it over the registry", async () => {
    const image = await imageOf("web");
    for (const type of [provenance, bundle, sbom]) expect(await referrers(image, type)).toHaveLength(1);
  });
});

describe("a changed byte", () => {
  const summary = /^✗ shop v1 is not what its provenance says: \d+ of \d+ checks failed/m;

  /** What `berth verify` prints while a byte is changed. Exits with 1 then, and with 0 once it is put back. */
  async function whileChanged(path: string, at?: number): Promise<string> {
    const putBack = flipByte(path, at);
    const { code, out } = await ada.berth(["verify", "v1"]).finally(putBack);
    const after = await ada.berth(["verify", "v1"]);
    if (code !== 1 || !summary.test(out) || after.code !== 0) throw new Error(`exit ${code}, ${after.code}: ${out}`);
    return out;
  }

  it("of the manifest is told", async () => {
    const path = blobPath(berth, await imageOf("web"));
    expect(await whileChanged(path)).toMatch(
      /^ {2}FAILED +manifest +the bytes of sha256:\w{12} have the digest sha256:\w{12}$/m,
    );
  });

  it("of the configuration is told", async () => {
    const { config } = readJson(berth, await imageOf("web"));
    expect(await whileChanged(blobPath(berth, config.digest))).toMatch(
      /^ {2}FAILED +config +the bytes of sha256:\w{12} have the digest/m,
    );
  });

  it("of a layer is told, with where it can no longer be read", async () => {
    const { layers } = readJson(berth, await imageOf("web"));
    const told =
      /^ {2}FAILED +layer +layer 1 of 1 \(app\): the bytes of sha256:\w{12} have the digest sha256:\w{12}; it cannot be read from app\S* on$/m;
    expect(await whileChanged(blobPath(berth, layers[0].digest))).toMatch(told);
  });

  it("of the signed provenance is told: of what is signed, and of the signature", async () => {
    const path = blobPath(berth, await attachedBlob(await imageOf("web"), provenance));
    const told = /^ {2}FAILED +signature +the provenance sha256:\w{12}: its bytes are not what its digest says$/m;
    const text = readFileSync(path, "utf8");
    expect(await whileChanged(path, text.indexOf('"payload":"') + 200)).toMatch(told);
    expect(await whileChanged(path, text.indexOf('"sig":"') + 20)).toMatch(told);
  });

  it("of the same in the form for cosign is told", async () => {
    const path = blobPath(berth, await attachedBlob(await imageOf("web"), bundle));
    expect(await whileChanged(path)).toMatch(/^ {2}FAILED +signature +the provenance sha256:\w{12}: its bytes/m);
  });

  it("of the bill of materials is told", async () => {
    const path = blobPath(berth, await attachedBlob(await imageOf("web"), sbom));
    expect(await whileChanged(path)).toMatch(/^ {2}FAILED +sbom +the bytes of sha256:\w{12} have the digest/m);
  });

  it("of the copy that instances run from is told, with the file", async () => {
    const path = join(berth.home, "unpacked", (await imageOf("web")).slice(7), "root/app/server.js");
    expect(await whileChanged(path, 10)).toMatch(/^ {2}FAILED +copy +app\/server\.js has other content$/m);
  });
});

describe("the source of a release", () => {
  it("is the same tree in a later commit, for which nothing is built", async () => {
    await push("Say nothing new");
    const verification = await verify(2);
    expect(verification.verified).toBe(true);
    expect(checkOf(verification, "web", "source").message).toContain(`first built for commit ${commit.slice(0, 7)}`);
  });

  it("is checked of a rollback and of a working tree too", async () => {
    ada.write({ "server.js": server("two") });
    expect((await ada.berth(["deploy"])).code).toBe(0);
    expect(checkOf(await verify(3), "web", "source").message).toMatch(/of the working tree$/);
    expect((await ada.berth(["rollback", "v1"])).code).toBe(0);
    expect(await ada.berth(["verify"])).toMatchObject({ code: 0, out: expect.stringContaining("shop v4 is what") });
  });

  it("that git has lost fails the release, and says so", async () => {
    await ada.git("checkout", "--quiet", "-b", "preview");
    ada.write({ "server.js": server("three") });
    await ada.git("commit", "--quiet", "--all", "-m", "Try three");
    await ada.git("push", "--quiet", "berth", "preview");
    const head = (await ada.git("rev-parse", "HEAD")).out.trim();
    expect((await ada.berth(["verify", "v1", "--env", "preview"])).code).toBe(0);
    await berth.kill();
    rmSync(join(berth.home, "git/shop.git/objects", head.slice(0, 2), head.slice(2)));
    await berth.restart();
    const { out, code } = await ada.berth(["verify", "v1", "--env", "preview"]);
    expect(code).toBe(1);
    expect(out).toMatch(new RegExp(`^ {2}FAILED +source +git does not have commit ${head.slice(0, 7)}`, "m"));
  });
});
