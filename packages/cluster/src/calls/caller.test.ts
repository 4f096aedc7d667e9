import { quietLog, systemRandom } from "@berth/core";
import { describe, expect, it } from "vitest";
import { openAnswering, say } from "../testing/answering-server.ts";
import { systemDeps } from "../testing/cluster.ts";
import { makeManualClock } from "@berth/core/testing";

const pod = { apiVersion: "v1", kind: "Pod", namespace: "shop", name: "web" };

describe("a caller", () => {
  it("reads its credentials again when the API server does not take them, and only once", async () => {
    const tokens: (string | undefined)[] = [];
    const { cluster, calls, setToken } = await openAnswering((request, response) => {
      tokens.push(request.headers.authorization);
      if (request.headers.authorization === "Bearer new") say(response, 200, pod);
      else say(response, 401, { reason: "Unauthorized", message: "Unauthorized" });
    });
    await expect(cluster.get(pod)).rejects.toMatchObject({ code: "cluster.forbidden" });
    expect(tokens).toEqual(["Bearer old", "Bearer old"]);
    await setToken("new\n");
    expect(await cluster.get(pod)).toEqual(pod);
    expect(calls).toMatchObject([
      { status: 401, attempts: 2 },
      { status: 200, attempts: 2 },
    ]);
  });

  it("takes a budget's refusal for an answer and a busy server for none", async () => {
    const answers = [
      { reason: "TooManyRequests", message: "busy" },
      { reason: "TooManyRequests", message: "no", details: { causes: [{ reason: "DisruptionBudget" }] } },
    ];
    const { cluster, calls } = await openAnswering((_, response) => say(response, 429, answers.shift() ?? {}));
    expect(await cluster.evict(pod)).toBe(false);
    expect(calls).toMatchObject([{ resource: "pods/eviction", status: 429, attempts: 2 }]);
  });

  it("does not send what makes an object twice", async () => {
    const { cluster, calls } = await openAnswering((_, response) => say(response, 503, { message: "broken" }));
    const object = { ...pod, metadata: { name: "web", namespace: "shop" } };
    await expect(cluster.create(object)).rejects.toMatchObject({ code: "cluster.busy" });
    expect(calls).toMatchObject([{ status: 503, attempts: 1 }]);
  });

  it("tells the log what the API server warns of", async () => {
    const warnings: string[] = [];
    const log = { ...quietLog, warn: (_: object, message: string) => void warnings.push(message) };
    const { cluster } = await openAnswering(
      (_, response) => say(response, 200, pod, { warning: '299 - "v1 is deprecated"' }),
      {
        ...systemDeps,
        log,
      },
    );
    await cluster.get(pod);
    expect(warnings).toEqual(['the cluster warns: "v1 is deprecated"']);
  });

  it("gives up after 30 seconds, and says so", async () => {
    const clock = makeManualClock();
    const { cluster } = await openAnswering(() => {}, { clock, random: systemRandom, log: quietLog });
    const asked = cluster.get(pod).catch((error: unknown) => error);
    await expect.poll(() => clock.sleepers()).toBe(1);
    clock.advance(29_999);
    expect(clock.sleepers()).toBe(1);
    clock.advance(1);
    expect(await asked).toMatchObject({ code: "cluster.unreachable", message: expect.stringContaining("within 30 s") });
  });

  it("ends what is on its way when it is closed", async () => {
    const { cluster } = await openAnswering(() => {});
    const asked = cluster.get(pod).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await cluster.close();
    expect(await asked).toMatchObject({ message: "the cluster's client was closed" });
  });
});
