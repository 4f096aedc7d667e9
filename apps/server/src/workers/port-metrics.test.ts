import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quietLog } from "@berth/core";
import type { Metric } from "@berth/router";
import { afterEach, beforeEach, expect, it, onTestFinished } from "vitest";
import { openPortMetrics } from "./port-metrics.ts";
import { ownName } from "./process-name.ts";

let home: string;
beforeEach(() => {
  // Longer than the address of a socket may be.
  home = mkdtempSync(join(tmpdir(), `berth-${"long".repeat(30)}-`));
});
afterEach(() => rmSync(home, { recursive: true }));

const labels = { workload: "w", release: "v1" };

/** A process that has counted so much. Those of another name than this process's do not run, as far as anybody can see. */
async function open(startedAt: string | null) {
  const counted = { requests: 0 };
  const own = startedAt === null ? ownName() : { pid: 1, startedAt };
  const metrics = (): Metric[] => [
    { name: "requests", type: "counter", help: "", samples: [[labels, counted.requests]] },
    { name: "processes", type: "gauge", help: "", samples: [[{}, 1]] },
  ];
  const opened = openPortMetrics({ home, own, metrics, log: quietLog });
  onTestFinished(() => opened.close());
  await opened.listening;
  const told = async () => {
    const [requests, processes] = await opened.all();
    return [requests!.samples[0]![1], processes!.samples[0]![1]];
  };
  return { ...opened, counted, told };
}

it("tells what all have counted, whoever is asked", async () => {
  const [one, other] = [await open("10"), await open("20")];
  one.counted.requests = 3;
  other.counted.requests = 4;
  expect(await one.told()).toEqual([7, 2]);
  expect(await other.told()).toEqual([7, 2]);
});

it("goes on from what was told once with those that remain, and with who adopts it", async () => {
  const [first, gone, third] = [await open(null), await open("20"), await open("30")];
  gone.counted.requests = 5;
  third.counted.requests = 1;
  expect(await first.told()).toEqual([6, 3]);
  gone.counted.requests = 9;
  gone.close();
  expect(await third.told()).toEqual([10, 2]);
  first.adopt();
  expect(await first.told()).toEqual([10, 1]);
  expect(readdirSync(join(home, "router/processes")).filter((file) => file.startsWith("1-"))).toEqual([]);
  first.counted.requests = 2;
  expect(await first.told()).toEqual([12, 1]);
});
