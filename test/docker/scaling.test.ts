import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { followLoad } from "../scaling/container-scenario.ts";
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
});
