import type { Log } from "@berth/core";
import { quietLog, systemClock } from "@berth/core";
import { expect, it } from "vitest";
import { Deadlines } from "./deadlines.ts";
import { ask } from "./support/request.ts";
import { closedPort, startInstance, startRouter } from "./support/servers.ts";
import { Workload } from "./workload.ts";

async function startCounted(status: number) {
  const counted = { count: 0, port: 0 };
  const { port } = await startInstance((_, res) => {
    counted.count++;
    res.writeHead(status).end();
  });
  return Object.assign(counted, { port });
}

function collect(): { log: Log; told: string[] } {
  const told: string[] = [];
  return { told, log: { ...quietLog, warn: (_, message) => void told.push(message) } };
}

/** Time stands still: nobody's rest is over while requests are made. */
const at = systemClock.now();
const clock = { ...systemClock, now: () => at };

const statuses = async (port: number, count: number) => {
  const all: number[] = [];
  for (let made = 0; made < count; made++) all.push((await ask({ port })).status);
  return all;
};

it("an instance that answers with errors while another does not gets no requests for a while", async () => {
  const [good, bad] = [await startCounted(200), await startCounted(503)];
  const { told, log } = collect();
  const { port } = await startRouter([{ id: "web", ports: [good.port, bad.port] }], { log, clock });
  expect((await statuses(port, 30)).filter((status) => status === 503)).toHaveLength(5);
  expect(bad.count).toBe(5);
  expect(told).toEqual(["an instance gets no requests for a while: it answers with errors, and others do not"]);
});

it("where all give errors all go on to be asked", async () => {
  const instances = [await startCounted(500), await startCounted(500)];
  const { port } = await startRouter([{ id: "web", ports: instances.map((each) => each.port) }]);
  await statuses(port, 30);
  expect(instances.map(({ count }) => count)).toEqual([15, 15]);
});

it("an instance that accepts no connections is left out after two tries, and nobody notices", async () => {
  const good = await startCounted(200);
  const { told, log } = collect();
  const { port } = await startRouter([{ id: "web", ports: [await closedPort(), good.port] }], { log, clock });
  expect(new Set(await statuses(port, 20))).toEqual(new Set([200]));
  expect(told).toEqual(["an instance gets no requests for a while: it accepts no connections"]);
});

it("never more than half of the instances are left out", async () => {
  const good = await startCounted(200);
  const gone = [await closedPort(), await closedPort(), await closedPort()];
  const { told, log } = collect();
  const { port } = await startRouter([{ id: "web", ports: [...gone, good.port] }], { log, clock });
  await statuses(port, 40);
  expect(told.filter((text) => text.includes("for a while"))).toHaveLength(2);
});

it("an instance that begins beside others gets less at first, and its share after a while", async () => {
  const routed = (...ids: string[]) => ({
    id: "web",
    app: "shop",
    environment: "production",
    service: "web",
    instances: ids.map((id, at) => ({ id, endpoint: { host: "127.0.0.1", port: at + 1 }, draining: false })),
    state: "running" as const,
    reason: null,
    hint: null,
    concurrency: null,
  });
  const workload = new Workload(routed("old"), 0, {
    answerDeadlineMs: 1_000,
    deadlines: new Deadlines(systemClock),
    sharesSlots: false,
    stirs: () => undefined,
  });
  workload.update(routed("old", "new"), 10_000);
  /** How many of twenty requests that are all under way at once the new one gets. */
  const newOnes = (now: number) => {
    const chosen = Array.from({ length: 20 }, () => {
      const instance = workload.choose(() => 0, null, now)!;
      instance.inFlight++;
      return instance;
    });
    for (const instance of chosen) instance.inFlight--;
    return chosen.filter(({ id }) => id === "new").length;
  };
  expect([10_000, 12_500, 14_000, 15_000].map(newOnes)).toEqual([1, 7, 9, 10]);
});
