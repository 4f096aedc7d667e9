import { rmSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import type { CronRun, CronStatus } from "../../packages/core/src/index.ts";
import { makePerson, type Person } from "../cli/cli.ts";
import type { Berth } from "./berth.ts";
import { answering, manifest } from "./programs.ts";
import { makeRepository, type Repository } from "./repository.ts";
import { until } from "./until.ts";

/** Longer than a minute, which is as often as a schedule can be due. */
const dueMs = 100_000;

const yamlOf = (schedule: string, ms: number) => `
services:
  web: { resources: { cpu: 20m, memory: 128Mi } }
  report:
    command: node report.js ${ms}
    schedule: "${schedule}"
    timezone: Europe/Berlin
    env: { TABLE: orders }
    resources: { cpu: 20m, memory: 128Mi }
`;

/** What is run at certain times: it says what it has of its release, goes on for a while, and ends with code 3. */
const report = (word: string) => `
  import { setTimeout as sleep } from "node:timers/promises";
  console.log("${word}", process.env.TABLE, process.env.BERTH_SERVICE);
  await sleep(Number(process.argv[2]));
  process.exit(3);
`;

/** What services with a schedule have to do on every runtime. Names of apps begin with `prefix`. */
export function describeCrons(berthOf: () => Berth, prefix: string): void {
  async function begin(name: string, yaml: string): Promise<{ app: string; repository: Repository; person: Person }> {
    const app = `${prefix}-${name}`;
    const repository = await makeRepository(berthOf(), app, {
      "package.json": manifest(app),
      "server.js": answering("one"),
      "report.js": report("first"),
      "berth.yaml": yaml,
    });
    const person = makePerson(berthOf());
    onTestFinished(() => {
      repository.remove();
      rmSync(person.folder, { recursive: true, force: true });
    });
    await repository.deploy();
    return { app, repository, person };
  }

  const history = (person: Person, app: string) => person.json<CronRun[]>(["cron", "history", "report", "--app", app]);
  const scheduled = async (person: Person, app: string) =>
    (await history(person, app)).filter(({ cause }) => cause.kind === "schedule");

  describe("a service with a schedule", () => {
    it("runs when somebody asks for it, with its output and its code, and has no instance", async () => {
      const { app, repository, person } = await begin("ask", yamlOf("0 3 1 1 *", 10));
      const [cron] = await person.json<CronStatus[]>(["cron", "list", "--app", app]);
      expect(cron).toMatchObject({ service: "report", timezone: "Europe/Berlin", paused: null, last: null });
      const { code, out } = await person.berth(["cron", "run", "report", "--app", app]);
      expect({ code, out }).toEqual({ code: 3, out: "first orders report\n" });
      repository.write({ "report.js": report("second") });
      await repository.commit("Say it otherwise");
      await repository.deploy();
      expect((await person.berth(["cron", "run", "report", "--app", app])).out).toBe("second orders report\n");
      const runs = await history(person, app);
      expect(runs).toMatchObject([
        { state: "failed", exitCode: 3, version: 2, lines: ["second orders report"], cause: { kind: "person" } },
        { state: "failed", exitCode: 3, version: 1, lines: ["first orders report"] },
      ]);
      const { out: status } = await person.berth(["status", "--app", app]);
      expect(status).toMatch(/CRON\n +report +next .*: failed: it exited with code 3/);
      const { out: logs } = await person.berth(["logs", "-s", "report", "--app", app]);
      expect(logs).toContain("first orders report");
      expect(logs).toContain("second orders report");
      expect(await person.berth(["scale", "report=2", "--app", app])).toMatchObject({ code: 2 });
    }, 180_000);

    it("runs when it is due, once, also where the server is killed meanwhile", async () => {
      const { app, person } = await begin("due", yamlOf("* * * * *", 8_000));
      const runs = () => scheduled(person, app);
      const logs = async () => (await person.berth(["logs", "-s", "report", "--app", app])).out;
      await until("it prints", async () => (await logs()).includes("first orders report"), dueMs);
      await berthOf().kill();
      await berthOf().restart();
      await until("it has ended", async () => (await runs()).some(({ state }) => state === "failed"), dueMs);
      await person.berth(["cron", "pause", "report", "--app", app]);
      const ended = (await runs()).findLast(({ state }) => state === "failed");
      expect(ended).toMatchObject({ exitCode: 3, reason: "it exited with code 3", lines: ["first orders report"] });
      expect(ended!.dueAt % 60_000).toBe(0);
      const [cron] = await person.json<CronStatus[]>(["cron", "list", "--app", app]);
      expect(cron).toMatchObject({ nextAt: null, paused: { by: expect.any(String) } });
      const times = (await runs()).map(({ dueAt }) => dueAt);
      expect(new Set(times).size).toBe(times.length);
    }, 300_000);
  });
}
