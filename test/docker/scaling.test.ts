import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { followLoad, followProcessors } from "../scaling/container-scenario.ts";
import { followSleep } from "../scaling/sleep-scenario.ts";
import { expectBelievable, followUsage } from "../scaling/usage-scenario.ts";
import { type Berth, startBerth } from "../support/berth.ts";
import { containersOf } from "../support/containers.ts";
import { hasDocker, mirrors } from "../support/parts.ts";
import { describeWith } from "../support/requires.ts";

const { isThere, reason } = await hasDocker();
const server = join(import.meta.dirname, "../scaling/hasty-server.ts");

describeWith("docker", isThere, reason, () => {
  let berth: Berth;
  beforeAll(async () => {
    berth = await startBerth({ BERTH_RUNTIME: "docker", BERTH_MIRRORS: mirrors }, [], server);
  }, 60_000);
  afterAll(() => berth.stop(), 60_000);

  it("has as many containers as requests in flight ask for, and none without", async () => {
    await followLoad(berth, "busy-boxes", async () => {
      expect(await containersOf("busy-boxes")).toHaveLength(3);
    });
  }, 240_000);

  it("is woken once for many who ask, and sleeps again when nobody does", async () => {
    const count = async () => (await containersOf("dozing-boxes")).length;
    expect(await followSleep(berth, "dozing-boxes", count)).toEqual(["request", "request", "person"]);
  }, 240_000);

  it("has as many containers as their use of processors asks for", async () => {
    await followProcessors(berth, "busy-sums", async () => {
      expect(await containersOf("busy-sums")).toHaveLength(3);
    });
  }, 240_000);

  it("tells what of its processors and memory an app has used, and how long it slept", async () => {
    const judged = await followUsage(berth, "thrifty-boxes");
    expect(judged.requestsPerInstance).toBeGreaterThan(0);
    expectBelievable(judged);
  }, 300_000);
});
