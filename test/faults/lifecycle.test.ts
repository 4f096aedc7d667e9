import { afterEach, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { processesNaming, processesWith, runs } from "../support/processes.ts";
import { answering, manifest } from "../support/programs.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { until } from "../support/until.ts";

let berth: Berth;
let repository: Repository;

afterEach(async () => {
  repository.remove();
  await berth.stop();
});

async function deploy(app: string): Promise<number> {
  berth = await startBerth();
  repository = await makeRepository(berth, app, {
    "package.json": manifest(app),
    "server.js": answering(app),
  });
  await repository.deploy();
  return pidOf(app);
}

function pidOf(app: string): number {
  const found = processesWith("BERTH_APP", app);
  expect(found).toHaveLength(1);
  return found[0]!;
}

it("brings apps back when their keeper is killed", async () => {
  const before = await deploy("tender");
  const keeper = berth.keeperPid();
  process.kill(keeper, "SIGKILL");
  await until("another keeper", () => berth.keeperPid() !== keeper && runs(berth.keeperPid()));
  await until("the app answers", async () => (await berth.get("tender.localhost")).body === "tender");
  await until("one process of it", () => processesWith("BERTH_APP", "tender").length === 1);
  expect(runs(before) ? pidOf("tender") : "another").toBe(runs(before) ? before : "another");
  repository.write({ "server.js": answering("and on") });
  await repository.commit("Go on");
  await repository.deploy();
  expect((await berth.get("tender.localhost")).body).toBe("and on");
});

it("ends with all its apps on Ctrl-C", async () => {
  const app = await deploy("dinghy");
  expect(processesNaming(berth.home)).toContain(berth.keeperPid());
  expect(await berth.kill("SIGINT")).toBe(0);
  expect(runs(app)).toBe(false);
  await until("keeper and git have ended", () => processesNaming(berth.home).length === 0);
  await berth.restart();
  await until("the app is started again", async () => (await berth.get("dinghy.localhost")).body === "dinghy");
});

it("leaves its apps running on SIGTERM, and takes them up again", async () => {
  const app = await deploy("yawl");
  expect(await berth.kill("SIGTERM")).toBe(0);
  expect(runs(app)).toBe(true);
  await berth.restart();
  expect((await berth.get("yawl.localhost")).body).toBe("yawl");
  expect(pidOf("yawl")).toBe(app);
});

it("does not wait for a build when it is stopped: the push fails, and says why", async () => {
  await deploy("ketch");
  const build = 'node -e "/* builds for ever */ setInterval(() => {}, 1000)"';
  repository.write({ "package.json": manifest("ketch", { build }) });
  await repository.commit("Build for ever");
  const pushing = repository.startPush("berth", "main");
  await until("the step runs", () => processesNaming("/* builds for ever */").length > 0);
  expect(await berth.kill("SIGTERM")).toBe(0);
  const { ok, output } = await pushing.done;
  expect(ok).toBe(false);
  expect(output).toContain("Berth stopped before this was finished");
  await until("no step is left running", () => processesNaming("/* builds for ever */").length === 0);
  await berth.restart();
  expect((await berth.get("ketch.localhost")).body).toBe("ketch");
});

it("does not wait for a rollout when it is stopped: what was live still is", async () => {
  await deploy("sloop");
  repository.write({ "server.js": 'console.log("thinking"); setInterval(() => {}, 1000);' });
  await repository.commit("Never listen");
  const pushing = repository.startPush("berth", "main");
  await pushing.sees("nothing listens there");
  expect(await berth.kill("SIGTERM")).toBe(0);
  const { ok, output } = await pushing.done;
  expect(ok).toBe(false);
  expect(output).toContain("Berth stopped before this was finished");
  await berth.restart();
  expect((await berth.get("sloop.localhost")).body).toBe("sloop");
  await until("the broken one is gone", () => processesWith("BERTH_APP", "sloop").length === 1);
  const [newest] = await berth.releases("sloop");
  expect(newest).toMatchObject({ version: 2, state: "failed" });
});

it("says that a Berth server has the port already", async () => {
  await deploy("gig");
  const output = await startBerth({ BERTH_HOME: berth.home, BERTH_PORT: String(berth.port) }).then(
    () => "it started",
    (error: Error) => error.message,
  );
  expect(output).toContain(`error: A Berth server is running on port ${berth.port} already.`);
  expect((await berth.get("gig.localhost")).body).toBe("gig");
});

it("refuses a second server on the same BERTH_HOME, and says so", async () => {
  await deploy("scow");
  const output = await startBerth({ BERTH_HOME: berth.home }).then(
    async (second) => `it started as ${second.pid()} ${await second.kill("SIGTERM")}`,
    (error: Error) => error.message,
  );
  expect(output).toMatch(/error: Another Berth server is using this database[^]*hint: .*BERTH_HOME/);
  expect((await berth.get("scow.localhost")).body).toBe("scow");
});
