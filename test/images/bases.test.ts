import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { hasDocker } from "../support/parts.ts";
import { answering, manifest } from "../support/programs.ts";
import { describeWith } from "../support/requires.ts";
import { openFolder, openInstallation, openRepository, pushRefused } from "./installation.ts";
import { type Mirror, startMirror } from "./mirror.ts";
import { lockedFor, onlyFor, stopsAfter, turnsABit } from "./misdeeds.ts";
import { expectWholeStore, partialsOf } from "./stored.ts";

const { isThere, reason } = await hasDocker();
const built = { BERTH_RUNTIME: "docker", BERTH_BUILDER: "host" };
const onBase = (base: string) => `services:\n  web: { base: "${base}" }\n`;
const files = (base: string) => ({
  "package.json": manifest("bases"),
  "server.js": answering("afloat"),
  "berth.yaml": onBase(base),
});

describeWith("docker", isThere, reason, () => {
  it("names a base image that is missing, with the tag that was meant", async () => {
    const mirror = await startMirror();
    const berth = await openInstallation(built);
    const repository = await openRepository(berth, "base-missing", files(`${mirror.host}/node:24-slin`));
    const output = await pushRefused(berth, repository);
    expect(output).toContain(`There is no image ${mirror.host}/node:24-slin.`);
    expect(output).toMatch(/answers 404/);
    expect(output).toContain(`Did you mean ${mirror.host}/node:24-slim?`);
    repository.write({ "berth.yaml": onBase(`${mirror.host}/node:24-slim`) });
    await repository.commit("Name the tag that is there");
    await repository.deploy();
    expect((await berth.get("base-missing.localhost")).body).toBe("afloat");
  }, 120_000);

  it("says which login a registry refuses, and takes the right one without a restart", async () => {
    const mirror = await startMirror();
    const folder = openFolder();
    const login = (words: string) =>
      writeFileSync(
        join(folder, "config.json"),
        JSON.stringify({ auths: { [mirror.host]: { auth: Buffer.from(words).toString("base64") } } }),
      );
    const berth = await openInstallation({ ...built, DOCKER_CONFIG: folder });
    const repository = await openRepository(berth, "base-locked", files(`${mirror.host}/node:24-slim`));
    mirror.misdeed = lockedFor("ada:correct-horse");
    const unknown = await pushRefused(berth, repository);
    expect(unknown).toContain(`${mirror.host} does not let Berth have ${mirror.host}/node:24-slim.`);
    expect(unknown).toContain(`docker login ${mirror.host}`);
    login("ada:old-horse");
    const refused = await pushRefused(berth, repository);
    expect(refused).toMatch(/The credentials it refused are .*config\.json/);
    expect(refused).not.toContain("old-horse");
    login("ada:correct-horse");
    await repository.deploy();
    expect((await berth.get("base-locked.localhost")).body).toBe("afloat");
  }, 120_000);

  it("refuses a base for another architecture before it fetches a layer of it", async () => {
    const mirror = await startMirror();
    const berth = await openInstallation(built);
    const repository = await openRepository(berth, "base-foreign", files(`${mirror.host}/node:24-slim`));
    for (const how of ["manifest", "index"] as const) {
      mirror.misdeed = await onlyFor("riscv64", "node:22-slim", how);
      repository.write({ "berth.yaml": onBase(`${mirror.host}/${how}/node:22-slim`) });
      await repository.commit(`Stand on a foreign ${how}`);
      const output = await pushRefused(berth, repository);
      expect(output).toContain(`${mirror.host}/${how}/node:22-slim`);
      expect(output).toMatch(/linux\/riscv64/);
      expect(output).toMatch(/linux\/(amd64|arm64)/);
      expect(output).toMatch(/hint +.*`base` of the service/);
    }
    expect(layersAskedOf(mirror)).toEqual([]);
    mirror.misdeed = null;
    // Its maker has pushed it for this machine under the same name.
    await repository.deploy();
    expect((await berth.get("base-foreign.localhost")).body).toBe("afloat");
  }, 120_000);

  it("keeps nothing of a blob that does not match its digest, and fetches it anew with the next push", async () => {
    const mirror = await startMirror();
    const berth = await openInstallation({ ...built, ...mirror.mirrored.env });
    const repository = await openRepository(berth, "base-bent", files(`${mirror.mirrored.host}/node:24-slim`));
    mirror.misdeed = turnsABit;
    const output = await pushRefused(berth, repository);
    expect(output).toContain(`What ${mirror.host} sent of registry.test/node:24-slim is not what its digest says.`);
    expect(output).toContain("Nothing of it was kept.");
    // At most the other of the two layers, which was given up on its way.
    expect(partialsOf(berth).length).toBeLessThan(2);
    mirror.misdeed = null;
    await repository.deploy();
    expect((await berth.get("base-bent.localhost")).body).toBe("afloat");
    await expectWholeStore(berth);
  }, 120_000);

  it("goes on where a registry stopped half-way, with the next push", async () => {
    const mirror = await startMirror();
    const berth = await openInstallation({ ...built, ...mirror.mirrored.env });
    const repository = await openRepository(berth, "base-halved", files(`${mirror.mirrored.host}/node:24-slim`));
    mirror.misdeed = stopsAfter(2 ** 20);
    const output = await pushRefused(berth, repository);
    expect(output).toMatch(/could not be fetched: .*closed the connection/);
    expect(partialsOf(berth).length).toBeGreaterThan(0);
    mirror.misdeed = null;
    mirror.layers.clear();
    await berth.kill();
    await berth.restart();
    await repository.deploy();
    expect((await berth.get("base-halved.localhost")).body).toBe("afloat");
    const layers = layersAskedOf(mirror);
    expect(layers.length).toBeGreaterThan(0);
    for (const [first] of layers) expect(first).toBeGreaterThanOrEqual(2 ** 19);
    expect(partialsOf(berth)).toEqual([]);
    await expectWholeStore(berth);
  }, 120_000);
});

/** The first bytes that each large blob was asked from. */
function layersAskedOf({ layers }: Mirror): number[][] {
  return [...layers.values()];
}
