import { randomBytes } from "node:crypto";
import { expect, it, onTestFinished } from "vitest";
import type { Operation } from "../../packages/core/src/index.ts";
import { makePerson, type Person } from "../cli/cli.ts";
import type { Berth } from "./berth.ts";
import { answering, manifest, smallService } from "./programs.ts";
import { makeRepository, type Repository } from "./repository.ts";
import { until } from "./until.ts";

/** What `berth run` does with a terminal or with input on every runtime. `count` counts what runs of an app. */
export function describeAttachedRuns(
  berthOf: () => Berth,
  prefix: string,
  count: (app: string) => Promise<number>,
): void {
  async function begin(name: string): Promise<{ app: string; repository: Repository; person: Person }> {
    const app = `${prefix}-${name}`;
    const files = { "package.json": manifest(app), "server.js": answering("hi"), "which.txt": "one\n" };
    const repository = await makeRepository(berthOf(), app, { ...files, "berth.yaml": smallService });
    onTestFinished(() => repository.remove());
    await repository.deploy();
    const person = makePerson(berthOf());
    onTestFinished(() => person.remove());
    return { app, repository, person };
  }

  const newest = async (app: string): Promise<Operation> => {
    const { items } = await (
      await berthOf()
        .api()
        .operations.$get({ query: { app, limit: 20 } })
    ).json();
    return items.find(({ kind }) => kind === "run")!;
  };
  const untilEnded = (app: string) =>
    until("its operation has ended", async () => (await newest(app)).state !== "running");
  /** What runs now is of the app's releases. */
  async function sinceNow(app: string) {
    const before = await count(app);
    return {
      isMore: async () => (await count(app)) > before,
      untilNothingIsLeft: () => until("nothing is left", async () => (await count(app)) === before, 60_000),
    };
  }

  it("gives somebody at a terminal one in an instance of its own, on any release", async () => {
    const { app, repository, person } = await begin("tty");
    repository.write({ "which.txt": "two\n" });
    await repository.commit("Say two");
    await repository.deploy();
    const { isMore, untilNothingIsLeft } = await sinceNow(app);
    const shell = person.atTerminal(["run", "--app", app, "--", "sh"], { columns: 101, rows: 31 });
    shell.type('stty size; cat which.txt; echo "term $TERM as $BERTH_SERVICE"\r');
    await shell.sees("term xterm-256color as web");
    expect(shell.screen()).toContain("31 101");
    expect(shell.screen()).toContain("two");
    await shell.resize(120, 40);
    await until("the shell has the new size", async () => {
      shell.type("stty size\r");
      await new Promise((resolve) => setTimeout(resolve, 300));
      return shell.screen().includes("40 120");
    });
    shell.type("sleep 1000\r");
    await new Promise((resolve) => setTimeout(resolve, 500));
    shell.type("\u0003");
    shell.type("echo after-$((20+3))\r");
    await shell.sees("after-23");
    expect(await isMore()).toBe(true);
    shell.type("exit 9\r");
    expect(await shell.exitCode).toBe(9);
    await untilNothingIsLeft();
    await untilEnded(app);
    expect(await newest(app)).toMatchObject({ error: { code: "run.failed", exitCode: 9 } });
    const earlier = person.atTerminal(["run", "--app", app, "-r", "v1", "--", "cat", "which.txt"], {
      columns: 80,
      rows: 24,
    });
    await earlier.sees("one");
    expect(await earlier.exitCode).toBe(0);
  }, 180_000);

  it("passes input, both outputs and the exit code on", async () => {
    const { app, person } = await begin("pipe");
    const { untilNothingIsLeft } = await sinceNow(app);
    const run = (input: string, ...command: string[]) =>
      person.berth(["run", "--app", app, "--", ...command], { input });
    expect(await run("a line\n", "cat")).toEqual({ code: 0, out: "a line\n", err: "" });
    expect(await run("", "sh", "-c", "echo out; echo err >&2; exit 3")).toEqual({
      code: 3,
      out: "out\n",
      err: "err\n",
    });
    expect(await run("x".repeat(300_000), "wc", "-c")).toMatchObject({ code: 0, out: "300000\n" });
    expect((await run("", "no-such-program")).code).toBe(127);
    const plain = person.atTerminal(["run", "-T", "--app", app, "--", "sh", "-c", "test -t 0 || echo none"], {
      columns: 80,
      rows: 24,
    });
    await plain.sees("none");
    expect(await plain.exitCode).toBe(0);
    await untilNothingIsLeft();
    await untilEnded(app);
    expect(await newest(app)).toMatchObject({ state: "succeeded" });
  }, 180_000);

  it("leaves nothing where the window is closed, the operation is ended, or the server is killed", async () => {
    const { app, person } = await begin("gone");
    const { untilNothingIsLeft } = await sinceNow(app);
    const nap = `nap-${randomBytes(4).toString("hex")}`;
    const program = [
      "run",
      "--app",
      app,
      "--",
      "node",
      "-e",
      `console.log("begun"); setInterval(() => {}, 1000, "${nap}")`,
    ];
    const size = { columns: 80, rows: 24 };
    const window = person.atTerminal(program, size);
    await window.sees("begun");
    window.close();
    await untilNothingIsLeft();
    await untilEnded(app);
    expect((await newest(app)).error!.message).toMatch(/nobody was at its other end/);

    const cancelled = person.atTerminal(program, size);
    await cancelled.sees("begun");
    const { id } = await newest(app);
    expect(await person.berth(["operations", "cancel", id, "--app", app])).toMatchObject({ code: 0 });
    expect(await cancelled.exitCode).not.toBe(0);
    await untilNothingIsLeft();
    await untilEnded(app);
    expect(await newest(app)).toMatchObject({ id, error: { code: "operation.cancelled" } });

    const killed = person.atTerminal(program, size);
    await killed.sees("begun");
    await berthOf().kill("SIGKILL");
    expect(await killed.exitCode).toBe(5);
    await berthOf().restart();
    await untilNothingIsLeft();
    expect(await newest(app)).toMatchObject({
      state: "failed",
      error: { message: expect.stringMatching(/^Berth stopped/) },
    });
    expect(await person.berth(["run", "--app", app, "--", "echo", "again"], { input: "" })).toMatchObject({
      out: "again\n",
    });
  }, 240_000);
}
