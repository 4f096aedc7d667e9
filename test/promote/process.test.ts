import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Operation, Release, ReleaseDiff } from "../../packages/core/src/index.ts";
import { makePerson, type Person } from "../cli/cli.ts";
import { type Berth, startBerth } from "../support/berth.ts";
import { answering, manifest } from "../support/programs.ts";

const migrate = 'console.log("migrated", process.env.BERTH_ENVIRONMENT);';

describe("a promotion", () => {
  let berth: Berth;
  let ada: Person;
  beforeAll(async () => {
    berth = await startBerth();
    ada = makePerson(berth);
    await ada.git("init", "--quiet", "--initial-branch=main");
    await ada.berth(["link", "shop"]);
    await change("one", "main");
    await ada.git("checkout", "--quiet", "-b", "staging");
    await change("two", "staging");
  }, 90_000);
  afterAll(async () => {
    ada.remove();
    await berth.stop();
  });

  async function change(text: string, branch: string) {
    ada.write({
      "package.json": manifest("shop"),
      "server.js": answering(text),
      "migrate.js": migrate,
      "berth.yaml": "release: { command: node migrate.js, rollback: safe }\n",
    });
    await ada.git("add", "--all");
    await ada.git("commit", "--quiet", "-m", `Say ${text}`);
    await ada.git("push", "--quiet", "berth", branch);
  }
  const body = async () => (await berth.get("shop.localhost")).body;
  const live = async (environment: string) =>
    await ada.json<Release>([
      "releases",
      "show",
      `v${(await berth.status("shop", environment)).live}`,
      "--env",
      environment,
    ]);
  const remoteMain = async () => (await ada.git("ls-remote", "berth", "refs/heads/main")).out.split("\t")[0];

  it("is shown and needs a yes", async () => {
    const asked = await ada.berth(["promote", "staging", "production"]);
    expect(asked).toMatchObject({ code: 2, out: "" });
    expect(asked.err).toContain("shop: v1 of staging");
    expect(asked.err).toMatch(/^web +restarts: another image$/m);
    expect(await body()).toBe("one");
  });

  it("brings the very images, with the scale that holds there, and runs the release command there", async () => {
    await ada.berth(["scale", "web=2"]);
    const promoted = await ada.berth(["promote", "staging", "production", "--yes"]);
    expect(promoted).toMatchObject({ code: 0, out: expect.stringContaining("✓ shop has v1 of staging, as v3") });
    expect(promoted.err).toContain("| migrated production");
    expect(promoted.err).not.toMatch(/^(build|image)/m);
    expect(await body()).toBe("two");
    const [there, here] = [await live("staging"), await live("production")];
    expect(here).toMatchObject({
      kind: "promote",
      carries: null,
      origin: { commit: there.origin.commit, branch: "main" },
    });
    expect(here.snapshot.services[0]).toMatchObject({
      image: there.snapshot.services[0]!.image,
      spec: { scale: { min: 2, max: 2 } },
    });
    expect(await remoteMain()).toBe(there.origin.commit);
    expect(await ada.berth(["verify", `v${here.version}`])).toMatchObject({ code: 0 });
  });

  it("of what is there already does nothing, and a rollback goes back from it", async () => {
    const again = await ada.json<{ operation: Operation; diff: ReleaseDiff }>([
      "promote",
      "staging",
      "production",
      "--yes",
    ]);
    expect(again.operation).toMatchObject({ kind: "promote", state: "succeeded", version: null });
    expect((await ada.berth(["promote", "staging", "production"])).out).toContain("has v1 of staging already");
    await berth.rollback("shop");
    expect(await body()).toBe("one");
  });

  it("takes an older release, and refuses what cannot be", async () => {
    await change("three", "staging");
    expect(await ada.berth(["promote", "staging", "production", "--release", "v1", "--yes"])).toMatchObject({
      code: 0,
    });
    expect(await body()).toBe("two");
    expect(await ada.berth(["promote", "staging", "staging", "--yes"])).toMatchObject({ code: 2 });
    expect(await ada.berth(["promote", "staging", "production", "--release", "v9", "--yes"])).toMatchObject({
      code: 4,
    });
    expect(await ada.berth(["promote", "nowhere", "production", "--yes"])).toMatchObject({ code: 4 });
    const { err } = await ada.berth(["promote", "staging", "prodcution", "--yes"]);
    expect(err).toContain("shop (prodcution): nothing is live → v2 of staging");
    expect(err).toContain("it is removed once nobody has used it for 7 days");
  });
});
