// What a preview costs: making one of a commit that was built before, and having many that sleep.
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Berth, startBerth } from "../support/berth.ts";
import { answering, manifest } from "../support/programs.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { until } from "../support/until.ts";
import { memoryOf } from "./support/memory-of.ts";
import { startAndStop } from "./support/node-server.ts";
import type { Quantity } from "./support/quantities.ts";

const warmUps = 3;
const sleepers = 200;
/** So many branches go with one push. */
const atOnce = 20;
const settleMs = 10_000;
/** As an app that sleeps soon, and may have many previews. */
const berthYaml = "services: { web: { scale: { idle: 1s } } }\npreviews: { cap: 1000 }\n";

export async function benchPreviews(rounds: number): Promise<Quantity[]> {
  const berth = await startBerth();
  const repository = await makeRepository(berth, "shop", {
    "package.json": manifest("shop"),
    "server.js": answering("hello"),
    "berth.yaml": berthYaml,
  });
  try {
    await repository.deploy();
    return [...(await benchMaking(berth, repository, rounds)), ...(await benchSleeping(berth, repository))];
  } finally {
    repository.remove();
    await berth.stop();
  }
}

/** Each preview is of the commit that production has. The floor is `node server.js` until it answers. */
async function benchMaking(berth: Berth, repository: Repository, rounds: number): Promise<Quantity[]> {
  const told: number[] = [];
  const returned: number[] = [];
  const operation: number[] = [];
  const floor: number[] = [];
  for (let round = -warmUps; round < rounds; round++) {
    const branch = `try-${round + warmUps}`;
    const startedAt = performance.now();
    const push = repository.startPush("berth", `main:refs/heads/${branch}`);
    const seen = push.sees(`http://shop--${branch}.`).then(() => performance.now());
    const [seenAt, endedAt] = await Promise.all([seen, push.done.then(() => performance.now())]);
    const { items } = await (
      await berth.api().operations.$get({ query: { app: "shop", environment: branch, limit: 1 } })
    ).json();
    await repository.deploy("berth", `:${branch}`);
    const startMs = await startAndStop(repository.folder, "hello");
    if (round < 0) continue;
    told.push(seenAt - startedAt);
    returned.push(endedAt - startedAt);
    floor.push(startMs);
    operation.push(items[0]!.finishedAt! - items[0]!.startedAt);
  }
  return [
    { what: "preview of a built commit, operation", values: operation, unit: "ms", floor, goal: { p50: 150 } },
    { what: "preview of a built commit, git push → URL", values: told, unit: "ms", floor: null, goal: {} },
    { what: "preview of a built commit, git push returns", values: returned, unit: "ms", floor: null, goal: {} },
  ];
}

/** What a server that has just started holds with many previews more than with none, once all of them sleep. */
async function benchSleeping(berth: Berth, repository: Repository): Promise<Quantity[]> {
  const without = await memoryAfterStart(berth);
  for (let first = 0; first < sleepers; first += atOnce) {
    const branches = Array.from({ length: atOnce }, (_, at) => `main:refs/heads/asleep-${first + at}`);
    await repository.deploy("berth", ...branches);
  }
  await until("all sleep", () => instancesOf(berth) === 1, 120_000);
  const all = await memoryAfterStart(berth);
  const awake = instancesOf(berth) - 1;
  return [
    {
      what: `${sleepers} sleeping previews, RSS`,
      values: [all.rss - without.rss],
      unit: "MB",
      floor: null,
      goal: { p50: 20 },
    },
    {
      what: `${sleepers} sleeping previews, PSS`,
      values: [all.pss - without.pss],
      unit: "MB",
      floor: null,
      goal: { p50: 20 },
    },
    { what: `${sleepers} sleeping previews, processes`, values: [awake], unit: "", floor: null, goal: { p50: 0 } },
  ];
}

async function memoryAfterStart(berth: Berth) {
  await berth.kill("SIGTERM");
  await berth.restart();
  await until("it serves", async () => (await berth.get("shop.localhost")).status === 200);
  await sleep(settleMs);
  return memoryOf(berth.pid());
}

/** Processes that the keeper has started. */
function instancesOf(berth: Berth): number {
  const keeper = String(berth.keeperPid());
  return readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && parentOf(pid) === keeper).length;
}

function parentOf(pid: string): string | null {
  try {
    return /^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1] ?? null;
  } catch {
    // It has ended.
    return null;
  }
}
