import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makePerson } from "../cli/cli.ts";
import { type Berth, startBerth } from "../support/berth.ts";
import { processesNaming } from "../support/processes.ts";
import { answering, manifest } from "../support/programs.ts";
import { makeRepository } from "../support/repository.ts";
import { until } from "../support/until.ts";
import { describeExec } from "./scenario.ts";

describe("berth exec beside processes", () => {
  let berth: Berth;
  beforeAll(async () => {
    berth = await startBerth();
  }, 60_000);
  afterAll(() => berth.stop(), 60_000);
  describeExec(() => berth);

  it("leaves nothing running where the server is killed", async () => {
    const app = "exec-killed";
    const repository = await makeRepository(berth, app, {
      "package.json": manifest(app),
      "server.js": answering("hi"),
    });
    await repository.deploy();
    repository.remove();
    const person = makePerson(berth);
    const nap = `nap-${randomBytes(4).toString("hex")}`;
    const program = [
      "exec",
      "--app",
      app,
      "--",
      "node",
      "-e",
      `console.log("begun"); setInterval(() => {}, 1000, "${nap}")`,
    ];
    const window = person.atTerminal(program, { columns: 80, rows: 24 });
    const piped = person.start(program);
    await Promise.all([window.sees("begun"), until("it has begun", () => piped.output().includes("begun"))]);
    await berth.kill("SIGKILL");
    expect(await window.exitCode).toBe(5);
    expect(await piped.done).toMatchObject({ code: 5, err: expect.stringContaining("Nothing answers") });
    await until("nothing of it runs", () => processesNaming(nap).length === 0);
    await berth.restart();
    expect((await person.berth(["exec", "--app", app, "--", "echo", "again"])).out).toBe("again\n");
    person.remove();
  }, 120_000);
});
