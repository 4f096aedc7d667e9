import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Drill, Operation, Release, RollbackCheck } from "../../packages/core/src/index.ts";
import { makePerson, type Person } from "../cli/cli.ts";
import type { Berth } from "./berth.ts";
import { askFunction, manifest } from "./programs.ts";
import { makeRepository, type Repository } from "./repository.ts";
import { until } from "./until.ts";

interface Outcome {
  operation: Operation;
  drill: Drill | null;
  verdict: RollbackCheck;
}

const small = "resources: { cpu: 20m, memory: 128Mi }";
const services = `services:
  web: { source: ./web, ${small}, health: { path: /healthz } }
  api: { source: ./api, ${small}, routes: [/gate] }
`;

/** Says what `web` is to do when it starts, which is changed by `?set=`. */
const api = `
import { createServer } from "node:http";
let gate = "go";
createServer(({ url }, response) => {
  gate = new URL(url, "http://localhost").searchParams.get("set") ?? gate;
  response.end(gate);
}).listen(process.env.PORT);
`;

const web = (text: string) => `
import { createServer } from "node:http";

${askFunction}
const gate = await ask(process.env.BERTH_URL_API + "/gate");
if (gate === "crash") {
  console.error("the gate is shut");
  process.exit(1);
}
if (gate !== "hang") createServer(answer).listen(process.env.PORT);
else setInterval(() => {}, 1_000);

function answer({ url }, response) {
  if (url === "/prices" && ${text === "one"}) response.writeHead(500);
  response.end(${JSON.stringify(text)});
}
`;

async function askUntil(signal: AbortSignal, ask: () => Promise<void>): Promise<void> {
  while (!signal.aborted) await ask();
}

/** What `berth rollback --drill` comes to on every runtime. `countOf` counts the instances of an app, and names of apps begin with `prefix`. */
export function describeDrills(
  berthOf: () => Berth,
  prefix: string,
  countOf: (app: string) => Promise<number> | number,
): void {
  const app = `${prefix}-drill`;

  describe("berth rollback --drill", () => {
    let repository: Repository;
    let person: Person;
    let before: number;

    /** So many releases that the first is not warm any more. */
    beforeAll(async () => {
      for (const text of ["one", "two", "three", "four"]) {
        const files = { "web/server.js": web(text), "web/package.json": manifest("web") };
        if (text === "one") {
          const others = { "api/server.js": api, "api/package.json": manifest("api"), "berth.yaml": services };
          repository = await makeRepository(berthOf(), app, { ...files, ...others });
        } else {
          repository.write(files);
          await repository.commit(`Say ${text}`);
        }
        await repository.deploy();
      }
      person = makePerson(berthOf());
      person.write({ "berth.yaml": `name: ${app}\n` });
      await until("v1 is cold", async () => (await countOf(app)) === 4, 120_000);
      before = await countOf(app);
    }, 300_000);
    afterAll(() => {
      repository.remove();
      person.remove();
    });

    const body = async (path = "/") => (await berthOf().get(`${app}.localhost`, path)).body;
    const drill = (...args: string[]) => person.json<Outcome>(["rollback", "v1", "--drill", ...args]);
    const isAsBefore = () => until("nothing stays", async () => (await countOf(app)) === before, 60_000);
    const isStarted = () => until("it starts", async () => (await countOf(app)) > before, 60_000);

    it("runs a release that is cold beside what is live, which alone is served, and stops it", async () => {
      const served = new Set<string>();
      const over = new AbortController();
      const asking = askUntil(over.signal, async () => void served.add(await body()));
      const { code, out, err } = await person.berth(["rollback", "v1", "--drill", "--path", "/login"]);
      over.abort();
      await asking;
      expect({ code, err, served: [...served] }).toMatchObject({ code: 0, served: ["four"] });
      expect(err).toMatch(/^start +web {2}ready/m);
      expect(err).toMatch(/^start +api {2}runs already/m);
      expect(err).toMatch(/^health +web {2}GET \/login: 200, 3 B, \d+ ms; v4: 200, 4 B, \d+ ms$/m);
      expect(out).toMatch(new RegExp(`^✓ ${app}: v1 beside v4: passed, 3 of 3 probes\n {2}web was ready after .*s\n`));
      await isAsBefore();
      const check = await person.berth(["rollback", "v1", "--check"]);
      expect(check).toMatchObject({ code: 0, out: expect.stringMatching(/drilled .* by \w+: passed, 3 of 3 probes/) });
      expect((await person.berth(["audit"])).out).toContain("v1: passed, 3 of 3 probes");
    }, 120_000);

    it("fails where what is live answers better", async () => {
      const { operation, drill: result } = await drill("--path", "/prices");
      expect(operation).toMatchObject({ state: "failed", error: { code: "drill.failed" } });
      expect(operation.error?.lines).toEqual([expect.stringMatching(/^GET \/prices: 500, .*; v4: 200, .* \(worse\)$/)]);
      expect(result).toMatchObject({ outcome: "failed", live: 4 });
      await isAsBefore();
    }, 120_000);

    it("fails where it does not come up, and says what it printed", async () => {
      await body("/gate?set=crash");
      const { code, out } = await person.berth(["rollback", "v1", "--drill"]);
      await body("/gate?set=go");
      expect(code).toBe(1);
      expect(out).toContain("v1 has failed its drill: web did not come up: it exited with code 1");
      expect(out).toContain("the gate is shut");
      await isAsBefore();
      expect(await body()).toBe("four");
    }, 120_000);

    it("is ended by Ctrl-C, and by the end of the server, and leaves nothing", async () => {
      await body("/gate?set=hang");
      const running = person.start(["rollback", "v1", "--drill"]);
      await isStarted();
      running.interrupt();
      expect(await running.done).toMatchObject({ code: 130 });
      await isAsBefore();
      const other = person.start(["rollback", "v1", "--drill"]);
      await isStarted();
      await berthOf().kill();
      await berthOf().restart();
      const ended = await other.done;
      expect(ended.code).toBe(1);
      expect(ended.out).toContain("Berth stopped before this was finished");
      await isAsBefore();
      await body("/gate?set=go");
    }, 180_000);

    it("is refused where an image is gone", async () => {
      const { snapshot } = await person.json<Release>(["releases", "show", "v1"]);
      const image = snapshot.services.find(({ spec }) => spec.name === "web")!.image;
      rmSync(join(berthOf().home, "images/blobs/sha256", image.slice("sha256:".length)));
      const { code, out } = await person.berth(["rollback", "v1", "--drill"]);
      expect(code).toBe(1);
      expect(out).toContain("The image of web in v1 is gone.");
      expect(await countOf(app)).toBe(before);
    }, 60_000);
  });
}
