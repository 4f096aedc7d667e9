import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { makeRepository, type Repository } from "../support/repository.ts";

const server = (text: string) => `
  import { createServer } from "node:http";
  createServer((request, response) => response.end(${JSON.stringify(text)})).listen(process.env.PORT);
`;
const manifest = JSON.stringify({ name: "notes", type: "module", scripts: { start: "node server.js" } });

describe("a push", () => {
  let berth: Berth;
  let repository: Repository;
  const live = async () => (await berth.get("notes.localhost")).body;
  const head = async () =>
    await repository.git("ls-remote", "berth", "refs/heads/main").then((line) => line.split("\t")[0]);

  beforeAll(async () => {
    berth = await startBerth();
    repository = await makeRepository(berth, "notes", { "package.json": manifest, "server.js": server("one") });
  });
  afterAll(async () => {
    repository.remove();
    await berth.stop();
  });

  it("makes the app, builds it, answers with its URL and serves it", async () => {
    const { ok, output } = await repository.push();
    expect(output).toContain(`http://notes.localhost:${berth.port}`);
    expect(output).toContain("node server.js");
    expect(ok).toBe(true);
    expect(await live()).toBe("one");
  });

  it("replaces what is live by what is pushed next", async () => {
    repository.write({ "server.js": server("two") });
    const commit = await repository.commit("Say two");
    expect((await repository.push()).ok).toBe(true);
    expect(await live()).toBe("two");
    expect(await head()).toBe(commit);
  });

  it("is refused when it does not come up, with the reason and the last lines, and leaves all as it was", async () => {
    const before = await head();
    repository.write({ "server.js": `console.error("no database to be found"); process.exit(3);` });
    await repository.commit("Break it");
    const { ok, output } = await repository.push();
    expect(ok).toBe(false);
    expect(output).toContain("no database to be found");
    expect(output).toMatch(/code 3/);
    expect(output).toContain("[remote rejected]");
    expect(await live()).toBe("two");
    expect(await head()).toBe(before);
  });

  it("is refused when its build fails, with the step's last lines", async () => {
    repository.write({
      "server.js": server("three"),
      "package.json": JSON.stringify({
        name: "notes",
        type: "module",
        scripts: { start: "node server.js", build: "node -e \"console.log('cannot compile'); process.exit(7)\"" },
      }),
    });
    await repository.commit("Break the build");
    const { ok, output } = await repository.push();
    expect(ok).toBe(false);
    expect(output).toContain("cannot compile");
    expect(output).toMatch(/exited with (code )?7/);
    expect(await live()).toBe("two");
  });

  it("goes live again after it is mended", async () => {
    repository.write({ "package.json": manifest });
    await repository.commit("Mend it");
    expect((await repository.push()).ok).toBe(true);
    expect(await live()).toBe("three");
  });

  it("is undone by a rollback, which moves the branch back with it", async () => {
    const operation = await berth.rollback("notes");
    expect(operation).toMatchObject({ state: "succeeded", kind: "rollback" });
    expect(await live()).toBe("two");
    expect(await head()).toBe(await repository.git("rev-parse", "HEAD~3"));
    const forward = await repository.push();
    expect(forward.ok).toBe(true);
    expect(await live()).toBe("three");
  });

  it("serves an earlier release at its permalink", async () => {
    expect((await berth.get("notes--v1.localhost")).body).toBe("one");
    expect((await berth.get("notes--v999.localhost")).status).toBe(404);
  });

  it("of a stale branch is refused with git's own words, before anything is built", async () => {
    await repository.git("checkout", "--quiet", "-b", "stale", "HEAD~1");
    repository.write({ "server.js": server("stale") });
    await repository.commit("Go another way");
    const { ok, output } = await repository.push("berth", "stale:main");
    expect(ok).toBe(false);
    expect(output).toMatch(/non-fast-forward|fetch first/);
    expect(await live()).toBe("three");
    await repository.git("checkout", "--quiet", "main");
  });

  it("survives a restart and a crash of the server: the apps go on and are routed to again", async () => {
    const pidOf = async () =>
      (
        await berth
          .api()
          .apps[":app"].environments[":environment"].$get({ param: { app: "notes", environment: "production" } })
      ).json();
    const before = await pidOf();
    await berth.kill();
    await berth.restart();
    expect(await live()).toBe("three");
    const after = await pidOf();
    const ids = (status: typeof after) => status.services.flatMap(({ instances }) => instances.map(({ id }) => id));
    expect(ids(after)).toEqual(ids(before));
  });

  it("of another branch makes an environment of its own, which goes with the branch", async () => {
    await repository.git("checkout", "--quiet", "-b", "feature/login");
    repository.write({ "server.js": server("login") });
    await repository.commit("Add the login");
    const { ok, output } = await repository.push("berth", "feature/login");
    expect(output).toContain(`http://notes--feature-login.localhost:${berth.port}`);
    expect(ok).toBe(true);
    expect((await berth.get("notes--feature-login.localhost")).body).toBe("login");
    expect(await live()).toBe("three");
    expect((await repository.push("berth", "--delete", "feature/login")).ok).toBe(true);
    expect((await berth.get("notes--feature-login.localhost")).status).toBe(404);
    await repository.git("checkout", "--quiet", "main");
  });

  it("goes on when the pusher disconnects", async () => {
    repository.write({
      "server.js": server("four"),
      "slow.js": "",
      "package.json": JSON.stringify({
        name: "notes",
        type: "module",
        scripts: { start: "node server.js", build: 'node -e "setTimeout(() => {}, 1500)"' },
      }),
    });
    await repository.commit("Say four, slowly");
    const pushing = repository.startPush("berth", "main");
    await pushing.sees("npm run build");
    pushing.kill();
    const deadline = Date.now() + 20_000;
    while ((await live()) !== "four" && Date.now() < deadline) await sleep(50);
    expect(await live()).toBe("four");
    expect(await head()).toBe(await repository.git("rev-parse", "HEAD"));
  });

  it("drops no request while it flips, however many come", async () => {
    const statuses = new Map<string, number>();
    const load = new AbortController();
    const clients = Array.from({ length: 8 }, async () => {
      while (!load.signal.aborted) {
        const { status, body } = await berth.get("notes.localhost");
        const key = `${status} ${body.slice(0, 20)}`;
        statuses.set(key, (statuses.get(key) ?? 0) + 1);
      }
    });
    repository.write({ "server.js": server("five"), "package.json": manifest });
    await repository.commit("Say five");
    expect((await repository.push()).ok).toBe(true);
    expect(await live()).toBe("five");
    await berth.rollback("notes");
    load.abort();
    await Promise.all(clients);
    expect([...statuses.keys()].toSorted()).toEqual(["200 five", "200 four"]);
  });
});
