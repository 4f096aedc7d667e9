import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Operation, OperationEvent, ReleaseDiff } from "../../packages/core/src/index.ts";
import { makePerson, type Person } from "../cli/cli.ts";
import { type Berth, startBerth } from "../support/berth.ts";
import { answering, manifest } from "../support/programs.ts";

const lock = (packages: Record<string, string>) =>
  JSON.stringify({
    lockfileVersion: 3,
    packages: {
      "": { name: "shop" },
      ...Object.fromEntries(Object.entries(packages).map(([name, version]) => [`node_modules/${name}`, { version }])),
    },
  });
const yaml = (env: string, scale: number) =>
  `services: { web: { scale: ${scale}, env: { ${env} }, build: "true" }, api: { source: ./api, routes: [/api] } }\n`;

describe("what a deploy would change", () => {
  let berth: Berth;
  let ada: Person;
  beforeAll(async () => {
    berth = await startBerth();
    ada = makePerson(berth);
    await ada.git("init", "--quiet", "--initial-branch=main");
    await ada.berth(["link", "shop"]);
    ada.write({
      "package.json": manifest("shop"),
      "package-lock.json": lock({ ms: "1.0.0", old: "1.0.0" }),
      "server.js": answering("one"),
      "api/package.json": manifest("api"),
      "api/server.js": answering("api"),
      "berth.yaml": yaml("LEVEL: info, GONE: 1", 1),
    });
    await commit("Begin");
    await ada.git("push", "--quiet", "berth", "main");
  }, 90_000);
  afterAll(async () => {
    ada.remove();
    await berth.stop();
  });

  async function commit(message: string) {
    await ada.git("add", "--all");
    await ada.git("commit", "--quiet", "-m", message);
  }
  const live = async () => (await berth.status("shop")).live;
  const operations = () => ada.json<Operation[]>(["operations", "list"]);

  it("is nothing where the folder is what is live", async () => {
    expect((await ada.berth(["diff"])).out).toBe("shop: v1 is live → this folder: nothing is otherwise.\n");
  });

  it("is told before, with nothing built and no operation, and in short with the push", async () => {
    ada.write({
      "server.js": answering("two"),
      "package-lock.json": lock({ ms: "2.0.0", new: "1.0.0" }),
      "berth.yaml": yaml("LEVEL: debug, ADDED: 1", 2),
    });
    const before = (await operations()).length;
    const diff = await ada.json<ReleaseDiff>(["diff"]);
    expect(diff).toMatchObject({
      before: 1,
      after: null,
      code: null,
      services: [
        {
          service: "web",
          change: "restarts",
          image: true,
          env: { added: ["ADDED"], removed: ["GONE"], changed: ["LEVEL"] },
          fields: [{ field: "scale", before: "1", after: "2" }],
          packages: { added: [{ name: "new" }], removed: [{ name: "old" }], major: [{ name: "ms" }], minor: [] },
        },
        { service: "api", change: "stays", image: false, fields: [], packages: null },
      ],
    });
    expect(await operations()).toHaveLength(before);
    await commit("Show two");
    const against = await ada.berth(["diff", "main"]);
    expect(against.out).toMatch(/^code +1 commit\n +\+ [0-9a-f]{7} Show two \(Ada\)$/m);
    const { err } = await ada.git("push", "berth", "main");
    expect(err).toMatch(/remote: diff +1 commit: Show two \(Ada\)/);
    expect(err).toMatch(
      /remote: diff +web {2}restarts: another image, .*scale 1 → 2, packages \+1, -1, ms 1.0.0 → 2.0.0/,
    );
    expect(err).toMatch(/remote: diff +1 service goes on as it is/);
    expect(await live()).toBe(2);
  });

  it("is what lies between two releases", async () => {
    const { out } = await ada.berth(["releases", "diff", "v2", "v1"]);
    expect(out).toContain("goes back by 1 commit: without Show two (Ada)");
    expect(out).toMatch(/package ms 2\.0\.0 → 1\.0\.0, a major version/);
    expect((await ada.berth(["releases", "diff", "v1"])).out).toContain("shop: v1 → v2");
    expect(await ada.berth(["releases", "diff", "v9"])).toMatchObject({ code: 4 });
  });

  it("is tried without a release being made, and fails where the deploy would", async () => {
    ada.write({ "server.js": answering("three") });
    const tried = await ada.berth(["deploy", "--dry-run"]);
    expect(tried).toMatchObject({ code: 0, out: expect.stringContaining("shop is as it was") });
    expect(tried.err).toMatch(/^diff +web {2}restarts: another image$/m);
    expect(tried.err).toMatch(/^release would be v3$/m);
    expect(await live()).toBe(2);
    expect(await berth.releases("shop")).toHaveLength(2);
    // What it has built is there for the deploy.
    const deployed = await ada.berth(["deploy"]);
    expect(deployed.err).toMatch(/image +web {2}\w+ was built before/);
    ada.write({ "berth.yaml": yaml("LEVEL: debug", 2).replace('"true"', '"exit 3"') });
    const failed = await ada.json<{ operation: Operation; events: OperationEvent[] }>(["deploy", "--dry-run"]);
    expect(failed.operation).toMatchObject({ kind: "dry-run", state: "failed", error: { code: "build.failed" } });
    expect(await live()).toBe(3);
  });

  it("is asked for in an environment and an app that are not there without making them", async () => {
    expect(await ada.json<ReleaseDiff>(["diff", "main", "--env", "try-it"])).toMatchObject({
      before: null,
      services: [{ change: "new" }, { change: "new" }],
    });
    expect((await ada.berth(["env", "list"])).out).not.toContain("try-it");
    expect(await ada.berth(["diff", "--app", "nobody"])).toMatchObject({ code: 4 });
    expect(await ada.berth(["deploy", "--dry-run", "--app", "nobody"])).toMatchObject({ code: 4 });
    expect(await ada.berth(["diff", "no-such-ref"])).toMatchObject({ code: 2 });
  });
});
