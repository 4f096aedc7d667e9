import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makePerson, type Person } from "../cli/cli.ts";
import { type Berth, startBerth } from "../support/berth.ts";
import { hasDocker, mirrors, registryUrl } from "../support/parts.ts";
import { answering, manifest } from "../support/programs.ts";
import { makeRepository } from "../support/repository.ts";
import { describeWith } from "../support/requires.ts";
import { blobPath, flipByte, readJson } from "./bytes.ts";

const { isThere, reason } = await hasDocker();
const examples = join(import.meta.dirname, "../../examples");

describeWith("docker", isThere, reason, () => {
  /** A folder of the registry of its own. */
  const folder = `provenance-${randomBytes(4).toString("hex")}`;
  let berth: Berth;
  let ada: Person;
  beforeAll(async () => {
    const registry = `${new URL(registryUrl).host}/${folder}`;
    berth = await startBerth({ BERTH_RUNTIME: "docker", BERTH_MIRRORS: mirrors, BERTH_REGISTRY: registry });
    ada = makePerson(berth);
  }, 60_000);
  afterAll(async () => {
    ada.remove();
    await berth.stop();
  }, 60_000);

  it("is verified with the base that is pinned, whose bytes count too", async () => {
    const repository = await makeRepository(berth, "proof-hello", join(examples, "hello"));
    await repository.deploy();
    const { code, out } = await ada.berth(["verify", "v1", "--app", "proof-hello"]);
    expect(out).toMatch(/^ {2}ok +base +\d+ layers of docker\.io\/library\/node:24-slim@sha256:\w{12}$/m);
    expect(out).toMatch(/^ {2}- +copy +this machine has none$/m);
    expect(out).toMatch(/^✓ .*, 1 not made$/m);
    expect(code).toBe(0);
    const shown = (await ada.berth(["releases", "show", "v1", "--app", "proof-hello"])).out;
    expect(shown).toMatch(/base +node:24-slim@[0-9a-f]{12}$/m);
    const [{ image }] = (await ada.json<{ services: { image: string }[] }>(["verify", "-a", "proof-hello"]))
      .services as [{ image: string }];
    flipByte(blobPath(berth, readJson(berth, image).layers[0].digest));
    const changed = await ada.berth(["verify", "v1", "--app", "proof-hello"]);
    expect(changed.out).toMatch(
      /^ {2}FAILED +layer +layer 1 of \d+ \(base\): the bytes of sha256:\w{12} have the digest/m,
    );
    expect(changed.out).toContain("`berth rebuild`, or the next push, fetches it again");
    expect(changed.code).toBe(1);
    const rebuilt = await ada.berth(["rebuild", "--app", "proof-hello"]);
    expect(rebuilt.code).toBe(0);
    const mended = await ada.berth(["verify", "v1", "--app", "proof-hello"]);
    expect(mended.out).not.toContain("FAILED");
    expect(mended.code).toBe(0);
    repository.remove();
  }, 180_000);

  it("goes along to the registry that images are pushed to", async () => {
    const { services } = await ada.json<{ services: { image: string }[] }>(["verify", "v1", "--app", "proof-hello"]);
    const tag = services[0]!.image.replace(":", "-");
    // This registry does not list referrers itself, so they are found by a tag (OCI distribution-spec 1.1, referrers tag schema).
    const answer = await fetch(`${registryUrl}/v2/${folder}/proof-hello/manifests/${tag}`, {
      headers: { accept: "application/vnd.oci.image.index.v1+json" },
    });
    const { manifests } = (await answer.json()) as { manifests: { artifactType: string }[] };
    expect(manifests.map(({ artifactType }) => artifactType).toSorted()).toEqual([
      "application/vnd.cyclonedx+json",
      "application/vnd.dev.sigstore.bundle.v0.3+json",
      "application/vnd.in-toto+json",
    ]);
  });

  it("is verified of what a Dockerfile made", async () => {
    const repository = await makeRepository(berth, "proof-file", {
      "package.json": manifest("proof-file"),
      "server.js": answering("of a Dockerfile"),
      Dockerfile: 'FROM node:24-slim\nWORKDIR /srv\nCOPY . .\nUSER 1000\nCMD ["node", "server.js"]\n',
    });
    await repository.deploy();
    expect((await berth.get("proof-file.localhost")).body).toBe("of a Dockerfile");
    const { code, out } = await ada.berth(["verify", "v1", "--app", "proof-file"]);
    expect(out).toMatch(/^ {2}- +base +the Dockerfile says what it lies on$/m);
    expect(out).not.toContain("FAILED");
    expect(code).toBe(0);
    repository.remove();
  }, 180_000);
});
