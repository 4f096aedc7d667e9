import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Operation, Release } from "../../packages/core/src/index.ts";
import { type Berth, startBerth } from "../support/berth.ts";
import { until } from "../support/until.ts";
import { helloApp, makePerson, type Person } from "./cli.ts";

let berth: Berth;
let ada: Person;
beforeAll(async () => {
  berth = await startBerth();
  ada = makePerson(berth);
  await ada.git("init", "--quiet", "--initial-branch=main");
  await ada.berth(["link", "shop"]);
  for (const text of ["one", "two"]) {
    ada.write(helloApp(text));
    await ada.git("add", "--all");
    await ada.git("commit", "--quiet", "-m", `Say ${text}`);
    await ada.git("push", "--quiet", "berth", "main");
  }
});
afterAll(async () => {
  ada.remove();
  await berth.stop();
});

describe("looking at an app", () => {
  test("shows its releases, the live one marked", async () => {
    const { out } = await ada.berth(["releases"]);
    const commit = (await ada.git("rev-parse", "--short=7", "HEAD")).out.trim();
    expect(out).toMatch(new RegExp(`^\\* v2 +live +.* ${commit} +Say two$`, "m"));
    expect(out).toMatch(/^ {2}v1 +superseded +.* Say one$/m);
    expect(await ada.json<Release[]>(["releases", "-n", "1"])).toMatchObject([{ version: 2 }]);
  });

  test("shows what a release consists of", async () => {
    expect((await ada.berth(["releases", "show", "v1"])).out).toMatch(/command +node server\.js/);
    expect(await ada.json<Release>(["releases", "show", "1"])).toMatchObject({ version: 1, state: "superseded" });
  });

  test("shows its status", async () => {
    // Memory is looked at once a second.
    const out = await until("the memory of web", async () => {
      const { out: shown } = await ada.berth(["status"]);
      return shown.includes("MiB") && shown;
    });
    expect(out).toMatch(new RegExp(`url +http://shop\\.localhost:${berth.port}`));
    // What it uses of processors stands between, once it has been measured.
    expect(out).toMatch(/web +web-\S+ +ready .*MiB +(?:\d+m +)?\//);
    expect(await ada.json(["status"])).toMatchObject({ live: 2, release: { origin: { message: "Say two" } } });
  });

  test("prints its URL, and that of a release", async () => {
    expect((await ada.berth(["open"])).out).toBe(`http://shop.localhost:${berth.port}\n`);
    expect((await ada.berth(["open", "v1"])).out).toBe(`http://shop--v1.localhost:${berth.port}\n`);
  });

  test("reads its logs", async () => {
    await berth.get("shop.localhost", "/%1B%5B2J");
    const { out } = await ada.berth(["logs", "--service", "web"]);
    expect(out).toMatch(/^\d\d:\d\d:\d\d web v2 \| listening$/m);
    const lines = (await ada.berth(["logs", "--json"])).out.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).service)).toContain("web");
    expect(await ada.berth(["logs", "-n", "0"])).toMatchObject({ code: 0, out: "" });
  });

  test("shows the timeline of an operation", async () => {
    const [newest] = await ada.json<Operation[]>(["operations", "list"]);
    const { out } = await ada.berth(["operations", "show"]);
    expect(out).toContain("Done in");
    expect(await ada.json(["operations", "show", newest!.id])).toMatchObject({ state: "succeeded" });
    expect((await ada.berth(["audit"])).out).toContain("release.promote");
  });
});

describe("berth rollback", () => {
  test("goes back to what was live before, and to a version", async () => {
    const { code, out } = await ada.berth(["rollback"]);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringMatching(/back at v1 in .*s, as v3/) });
    expect((await berth.get("shop.localhost")).body).toBe("one");
    const again = await ada.json<{ operation: Operation; release: Release }>(["rollback", "2"]);
    expect(again).toMatchObject({ operation: { state: "succeeded" }, release: { version: 4, carries: 2 } });
    expect((await berth.get("shop.localhost")).body).toBe("two");
  });

  test("says why it is refused, with an exit code that tells", async () => {
    expect(await ada.berth(["rollback", "v99"])).toMatchObject({ code: 4, err: expect.stringContaining("v99") });
    expect(await ada.berth(["rollback", "soon"])).toMatchObject({ code: 2 });
    const live = (await berth.releases("shop")).find(({ state }) => state === "live")!.version;
    expect(await ada.berth(["rollback", String(live)])).toMatchObject({
      code: 1,
      err: expect.stringContaining("live"),
    });
  });
});

describe("berth logs --follow", () => {
  test("begins with the newest lines of all services in order of time, and tells each line once", async () => {
    const bob = makePerson(berth);
    try {
      const talker = "let n = 0; setInterval(() => console.log(`${process.env.BERTH_SERVICE} ${n++}`), 20);";
      bob.write({
        "package.json": JSON.stringify({ name: "duo" }),
        "talk.js": talker,
        "berth.yaml": "services: { left: { command: node talk.js }, right: { command: node talk.js } }",
      });
      expect((await bob.berth(["deploy", "--app", "duo"])).code).toBe(0);
      const logs = bob.start(["logs", "--follow", "--app", "duo", "-n", "6", "--json"]);
      await until("many lines", () => logs.output().split("\n").length > 60);
      logs.interrupt();
      const { out } = await logs.done;
      const lines = out
        .split("\n")
        .slice(0, 50)
        .map((line): { at: number; text: string } => JSON.parse(line));
      const times = lines.slice(0, 6).map(({ at }) => at);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(new Set(lines.slice(0, 6).map(({ text }) => text.split(" ")[0]))).toEqual(new Set(["left", "right"]));
      for (const service of ["left", "right"]) {
        const numbers = lines.flatMap(({ text }) => (text.startsWith(service) ? [Number(text.split(" ")[1])] : []));
        expect(numbers).toEqual(numbers.map((_, index) => numbers[0]! + index));
      }
    } finally {
      bob.remove();
    }
  });

  test("goes on after the server was killed and came back, and ends with 130", async () => {
    const logs = ada.start(["logs", "--follow", "-n", "1"]);
    const shows = (text: string) => until(`${text} in ${logs.output()}`, () => logs.output().includes(text));
    await shows("web v");
    await berth.kill();
    await shows("The server is away");
    await berth.restart();
    await until("an answer", async () => (await berth.get("shop.localhost", "/after-restart")).status === 200);
    await shows("asked for /after-restart");
    logs.interrupt();
    const { code, out } = await logs.done;
    expect(code).toBe(130);
    const asked = out.match(/asked for .*/g) ?? [];
    expect(asked).toEqual([...new Set(asked)]);
  });
});

describe("completion", () => {
  test("knows the names of the server, and stays silent where it cannot ask", async () => {
    expect((await ada.berth(["__complete", "rollback", "v"])).out).toContain("v1\tsuperseded: Say one\n");
    expect((await ada.berth(["__complete", "apps", "delete", "s"])).out).toContain("shop\t");
    expect((await ada.berth(["__complete", "logs", "--service", ""])).out).toBe("web\t/\n");
    expect((await ada.berth(["__complete", "status", "--env", "p"])).out).toContain("production\t");
    const nobody = { env: { BERTH_HOME: ada.folder } };
    expect(await ada.berth(["__complete", "rollback", ""], nobody)).toEqual({ code: 0, out: "", err: "" });
  });
});
