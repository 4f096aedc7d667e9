import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { processesWith } from "../support/processes.ts";
import { answering, manifest } from "../support/programs.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { until } from "../support/until.ts";

let berth: Berth;
let repository: Repository;

beforeAll(async () => {
  berth = await startBerth();
  repository = await makeRepository(berth, "fleet", {
    "package.json": manifest("fleet"),
    "server.js": answering("main"),
  });
  await repository.deploy();
});
afterAll(async () => {
  repository.remove();
  await berth.stop();
});

/** A new branch off main on which the app answers its text. */
async function branch(name: string, text: string, files: Record<string, string> = {}): Promise<void> {
  await repository.git("checkout", "--quiet", "-B", name, "main");
  repository.write({ "server.js": answering(text), ...files });
  await repository.commit(`Say ${text}`);
  await repository.git("checkout", "--quiet", "main");
}

function hostIn(output: string): string {
  return /http:\/\/(fleet--[a-z0-9-]+\.localhost)/.exec(output)?.[1] ?? "";
}

it("deploys one of two pushes at once to one branch, and refuses the other with git's own words", async () => {
  await branch("left", "left");
  await branch("right", "right");
  const results = await Promise.all([repository.push("berth", "left:main"), repository.push("berth", "right:main")]);
  expect(results.map(({ ok }) => ok).toSorted()).toEqual([false, true]);
  const winner = results[0]!.ok ? "left" : "right";
  const loser = results.find(({ ok }) => !ok)!;
  expect(loser.output).toMatch(/fetch first|non-fast-forward/);
  expect(loser.output).not.toMatch(/release v\d/);
  expect((await berth.get("fleet.localhost")).body).toBe(winner);
  const commit = await repository.git("rev-parse", winner);
  expect(await repository.git("ls-remote", "berth", "refs/heads/main")).toContain(commit);
  await repository
    .git("branch", "--quiet", "-f", "main", winner)
    .catch(() => repository.git("reset", "--hard", winner));
});

it("deploys pushes of two branches at once side by side", async () => {
  await branch("one", "one");
  await branch("two", "two");
  const results = await Promise.all([repository.push("berth", "one"), repository.push("berth", "two")]);
  expect(results.map(({ ok }) => ok)).toEqual([true, true]);
  expect((await berth.get("fleet--one.localhost")).body).toBe("one");
  expect((await berth.get("fleet--two.localhost")).body).toBe("two");
});

it("takes branches of one push one by one", async () => {
  await branch("three", "three");
  await branch("four", "four", { "server.js": "process.exit(4)" });
  const { ok, output } = await repository.push("berth", "three", "four");
  expect(ok).toBe(false);
  expect(output).toMatch(/\[new branch\] +three -> three/);
  expect(output).toMatch(/\[remote rejected\] +four -> four/);
  expect((await berth.get("fleet--three.localhost")).body).toBe("three");
});

it.each([["v2"], ["production"], ["console"], [`a-${"very-".repeat(20)}long-one`], ["ünïcode"], ["UPPER/Case_1"]])(
  "gives the branch %s a place of its own",
  async (name) => {
    await branch(name, `of ${name}`);
    const { ok, output } = await repository.push("berth", name);
    expect(output).toMatch(/live +v1/);
    expect(ok).toBe(true);
    const host = hostIn(output);
    expect(host.split(".")[0]!.length).toBeLessThanOrEqual(63);
    expect((await berth.get(host)).body).toBe(`of ${name}`);
    expect((await repository.push("berth", "--delete", name)).ok).toBe(true);
    expect((await berth.get(host)).status).toBe(404);
    expect((await berth.get("fleet.localhost")).status).toBe(200);
  },
);

it("keeps two branches apart whose names come to the same", async () => {
  await branch("feature/tide", "slash");
  await branch("feature-tide", "hyphen");
  const results = await Promise.all([
    repository.push("berth", "feature/tide"),
    repository.push("berth", "feature-tide"),
  ]);
  expect(results.map(({ ok }) => ok)).toEqual([true, true]);
  const hosts = results.map(({ output }) => hostIn(output));
  expect(new Set(hosts).size).toBe(2);
  expect((await berth.get(hosts[0]!)).body).toBe("slash");
  expect((await berth.get(hosts[1]!)).body).toBe("hyphen");
  expect((await repository.push("berth", "--delete", "feature/tide")).ok).toBe(true);
  expect((await berth.get(hosts[0]!)).status).toBe(404);
  expect((await berth.get(hosts[1]!)).body).toBe("hyphen");
});

it("leaves nothing of a branch that is deleted while a push of it is under way", async () => {
  await branch("brief", "brief");
  expect((await repository.push("berth", "brief")).ok).toBe(true);
  const gate = join(repository.folder, ".git/gate");
  const wait = `node -e "const{existsSync:e}=require('fs');setInterval(()=>e('${gate}')&&process.exit(),10)"`;
  await branch("brief", "brief again", { "package.json": manifest("fleet", { build: wait }) });
  const pushing = repository.startPush("--force", "berth", "brief");
  await pushing.sees("npm run build");
  const deleting = repository.startPush("berth", "--delete", "brief");
  await deleting.sees("removing it with the branch brief");
  writeFileSync(gate, "");
  expect((await pushing.done).ok).toBe(true);
  expect((await deleting.done).ok).toBe(true);
  expect((await berth.get("fleet--brief.localhost")).status).toBe(404);
  expect(await repository.git("ls-remote", "berth", "refs/heads/brief")).toBe("");
  await until("no process of it is left", () => processesWith("BERTH_ENVIRONMENT", "brief").length === 0);
});

it("does not let a push delete production", async () => {
  const { ok, output } = await repository.push("berth", "--delete", "main");
  expect(ok).toBe(false);
  expect(output).toMatch(/production/);
  expect((await berth.get("fleet.localhost")).status).toBe(200);
});
