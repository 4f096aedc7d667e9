import { rmSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Operation, OperationEvent } from "../../packages/core/src/index.ts";
import { makePerson, type Person } from "../cli/cli.ts";
import type { Berth } from "./berth.ts";
import { answering, manifest } from "./programs.ts";
import { makeRepository, type Repository } from "./repository.ts";
import { until } from "./until.ts";

const yaml = `
release: { command: node migrate.js, timeout: 2m, rollback: safe }
services: { web: { resources: { cpu: 20m, memory: 128Mi }, env: { TABLE: orders } } }
`;

/** A release command that says three things, `ms` apart, and ends with this code. */
const migrating = (code: number, ms = 0) => `
  import { setTimeout as sleep } from "node:timers/promises";
  console.log("migrating", process.env.TABLE);
  await sleep(${ms});
  console.error("half of it is done");
  await sleep(${ms});
  console.log("the last line");
  process.exit(${code});
`;

/** A command that says something on both outputs, goes on for a while, and ends with code 3. */
const reporting = `
  import { setTimeout as sleep } from "node:timers/promises";
  process.on("SIGTERM", () => process.exit(9));
  console.log("table", process.env.TABLE, process.argv[2]);
  console.error("a warning");
  await sleep(Number(process.argv[2]));
  console.log("12 rows");
  process.exit(3);
`;

const texts = (lines: string) => lines.split("\n").map((line) => line.replace(/^remote: /, "").trimEnd());

/** What release commands and `berth run` have to do on every runtime. Names of apps begin with `prefix`. */
export function describeTasks(berthOf: () => Berth, prefix: string, separatesStreams: boolean): void {
  async function begin(
    name: string,
    files: Record<string, string> = {},
  ): Promise<{ app: string; repository: Repository }> {
    const app = `${prefix}-${name}`;
    const repository = await makeRepository(berthOf(), app, {
      "package.json": manifest(app),
      "server.js": answering("one"),
      "migrate.js": migrating(0),
      "report.js": reporting,
      "berth.yaml": yaml,
      ...files,
    });
    onTestFinished(() => repository.remove());
    return { app, repository };
  }

  function someone(app: string): Person {
    const person = makePerson(berthOf());
    person.write({ "berth.yaml": `name: ${app}\n` });
    onTestFinished(() => rmSync(person.folder, { recursive: true, force: true }));
    return person;
  }

  const newest = async (app: string, kind: string): Promise<Operation> => {
    const query = { app, limit: 20 };
    const { items } = await (await berthOf().api().operations.$get({ query })).json();
    const found = items.find((operation) => operation.kind === kind);
    if (found === undefined) throw new Error(`no ${kind} of ${app}`);
    return found;
  };
  const printed = async (id: string): Promise<string[]> => {
    const route = berthOf().api().operations[":id"].events;
    const answer = await route.$get({ param: { id }, query: {}, header: {} });
    // Asked for without a stream, it is JSON.
    const { items }: { items: OperationEvent[] } = JSON.parse(await answer.text());
    return items.flatMap(({ phase, kind, text }) => (phase === "run" && kind === "line" ? [text] : []));
  };

  describe("a release command", () => {
    it("runs before its release is live, its output comes with the push, and a rollback does not run it", async () => {
      const { app, repository } = await begin("rel");
      const pushing = repository.startPush("berth", "main");
      await pushing.sees("| the last line");
      const { ok, output } = await pushing.done;
      expect(ok).toBe(true);
      const lines = texts(output);
      expect(lines).toContain("release web  node migrate.js");
      for (const line of ["migrating orders", "half of it is done", "the last line"])
        expect(lines).toContain(`        | ${line}`);
      const end = lines.findIndex((line) => /^release web {2}exit code 0\b/.test(line));
      expect(end).toBeGreaterThan(lines.indexOf("        | the last line"));
      expect(end).toBeLessThan(lines.findIndex((line) => /^start +web {2}ready/.test(line)));
      expect((await berthOf().get(`${app}.localhost`)).body).toBe("one");

      repository.write({ "server.js": answering("two") });
      await repository.commit("Say two");
      await repository.deploy();
      const { id } = await berthOf().rollback(app);
      expect(await printed(id)).toEqual([]);
      expect((await berthOf().get(`${app}.localhost`)).body).toBe("one");
    }, 120_000);

    it("that fails keeps the release from being live, with its code and its last lines", async () => {
      const { app, repository } = await begin("fail");
      await repository.deploy();
      repository.write({ "server.js": answering("two"), "migrate.js": migrating(7) });
      await repository.commit("Break it");
      const { ok, output } = await repository.push();
      expect(ok).toBe(false);
      expect(output).toContain("The release command failed: it exited with code 7: node migrate.js");
      expect(output).toContain("| half of it is done");
      expect(output).toMatch(/still +v1 is live/);
      expect((await berthOf().get(`${app}.localhost`)).body).toBe("one");
      expect(await newest(app, "deploy")).toMatchObject({
        error: { code: "release.command-failed", exitCode: 7 },
      });
      const [failed] = await berthOf().releases(app);
      expect(failed).toMatchObject({ version: 2, state: "failed" });
    }, 120_000);

    it("goes on while the server is killed, runs once, and its release is live when the server is back", async () => {
      const { app, repository } = await begin("kill");
      await repository.deploy();
      repository.write({ "server.js": answering("two"), "migrate.js": migrating(0, 4_000) });
      const commit = await repository.commit("Take longer");
      const pushing = repository.startPush("berth", "main");
      await pushing.sees("| migrating orders");
      await berthOf().kill();
      await pushing.done;
      await berthOf().restart();
      await until("it is live", async () => (await berthOf().get(`${app}.localhost`)).body === "two", 60_000);
      await until("its operation has ended", async () => (await newest(app, "deploy")).state !== "running");
      const { id, state } = await newest(app, "deploy");
      expect(state).toBe("succeeded");
      expect((await printed(id)).toSorted()).toEqual(["half of it is done", "migrating orders", "the last line"]);
      expect((await repository.git("ls-remote", "berth", "refs/heads/main")).split("\t")[0]).toBe(commit);
    }, 180_000);
  });

  describe("berth run", () => {
    it("runs on what is live, passes its output and its code on, and is in the history", async () => {
      const { app, repository } = await begin("run");
      const person = someone(app);
      const nothing = await person.berth(["run", "--no-stdin", "--app", app, "--", "true"]);
      expect(nothing).toMatchObject({ code: 4, err: expect.stringMatching(/^error: There is no app/) });
      await repository.deploy();
      const { code, out, err } = await person.berth([
        "run",
        "--no-stdin",
        "--app",
        app,
        "--",
        "node",
        "report.js",
        "10",
      ]);
      expect(code).toBe(3);
      expect(out.split("\n")).toEqual(expect.arrayContaining(["table orders 10", "12 rows"]));
      expect((separatesStreams ? err : out).split("\n")).toContain("a warning");
      expect(await newest(app, "run")).toMatchObject({
        actor: (await newest(app, "deploy")).actor,
        error: { code: "run.failed", exitCode: 3 },
      });
      const many = ["echo $BERTH_SERVICE in $BERTH_ENVIRONMENT", "exit 4"].map((text) =>
        person.berth(["run", "--no-stdin", "--app", app, "--", "sh", "-c", text]),
      );
      const [first, second] = await Promise.all(many);
      expect(first).toMatchObject({ code: 0, out: "web in production\n", err: "" });
      expect(second).toMatchObject({ code: 4, err: "" });
    }, 120_000);

    it("ends with Ctrl-C", async () => {
      const { app, repository } = await begin("stop");
      await repository.deploy();
      const running = someone(app).start(["run", "--no-stdin", "--app", app, "--", "node", "report.js", "600000"]);
      await until("it prints", () => running.output().includes("table orders"), 60_000);
      running.interrupt();
      expect(await running.done).toMatchObject({ code: 130 });
      expect(await newest(app, "run")).toMatchObject({ state: "failed", error: { code: "operation.cancelled" } });
    }, 120_000);

    it("goes on while the server is killed, and tells its output and its code when it is back", async () => {
      const { app, repository } = await begin("away");
      await repository.deploy();
      const running = someone(app).start(["run", "--no-stdin", "--app", app, "--", "node", "report.js", "6000"]);
      await until("it prints", () => running.output().includes("table orders"), 60_000);
      await berthOf().kill();
      await berthOf().restart();
      const { code, out } = await running.done;
      expect(out.split("\n").filter((line) => line !== "a warning")).toEqual(["table orders 6000", "12 rows", ""]);
      expect(code).toBe(3);
    }, 120_000);
  });
}
