import { describe, expect, it } from "vitest";
import { useFresh } from "./fresh.ts";
import { ask, instances, readTail, run, until, untilLogged, untilReady } from "./helpers.ts";
import type { RuntimeUnderTest } from "./runtime-under-test.ts";

/** How instances end when they are asked to. */
export function describeStops(open: () => Promise<RuntimeUnderTest>): void {
  describe("stops", () => {
    const fresh = useFresh(open);

    it("lets an instance end by itself on SIGTERM", async () => {
      const { runtime } = fresh;
      const workload = fresh.workload("server.mjs");
      await run(runtime, workload);
      await untilReady(runtime, workload.id);
      await runtime.scale(workload.id, 0);
      await until("it has ended", async () => (await instances(runtime, workload.id)).length === 0);
      const texts = (await readTail(runtime, workload.id)).map(({ text }) => text);
      expect(texts).toContain("saw SIGTERM");
      expect(texts.at(-1)).toBe("stopped");
    });

    it("ends an instance at once whose program has no handler for SIGTERM", async () => {
      const { runtime } = fresh;
      const workload = fresh.workload("worker.mjs", { health: null, stopGraceMs: 40_000 });
      await run(runtime, workload);
      await untilReady(runtime, workload.id);
      const askedAt = Date.now();
      await runtime.scale(workload.id, 0);
      await until("it has ended", async () => (await instances(runtime, workload.id)).length === 0);
      expect(Date.now() - askedAt).toBeLessThan(workload.stopGraceMs / 2);
      expect((await readTail(runtime, workload.id)).at(-1)?.text).toBe("stopped");
    });

    it("kills an instance that does not end within its grace", async () => {
      const { runtime } = fresh;
      const workload = fresh.workload("stubborn.mjs", { stopGraceMs: 300 });
      await run(runtime, workload);
      await untilReady(runtime, workload.id);
      await runtime.scale(workload.id, 0);
      await until("it has ended", async () => (await instances(runtime, workload.id)).length === 0);
      await untilLogged(runtime, workload.id, "ignores SIGTERM");
      expect((await readTail(runtime, workload.id)).at(-1)?.text).toBe(
        "stopped; it did not end in time and was killed",
      );
    });

    it("tells of an instance that is stopping, and neither serves it nor starts another for it", async () => {
      const { runtime } = fresh;
      const workload = fresh.workload("stubborn.mjs", { stopGraceMs: 2_000 });
      await run(runtime, workload);
      const [instance] = await untilReady(runtime, workload.id);
      await runtime.scale(workload.id, 0);
      expect(await instances(runtime, workload.id)).toMatchObject([
        { id: instance!.id, state: "stopping", endpoint: null },
      ]);
      expect(runtime.endpoints(workload.id)).toEqual([]);
      await until("it has ended", async () => (await instances(runtime, workload.id)).length === 0);
    });

    it("leaves nothing running after a shutdown", async () => {
      const { runtime } = fresh;
      const workload = fresh.workload("server.mjs");
      await run(runtime, workload, 2);
      await untilReady(runtime, workload.id, 2);
      expect(await ask(runtime, workload.id, "/")).toBe("hello");
      expect(await fresh.test.remains()).toBeGreaterThan(0);
      await runtime.shutdown();
      expect(await fresh.test.remains()).toBe(0);
      const texts = (await readTail(runtime, workload.id)).map(({ text }) => text);
      expect(texts.filter((text) => text === "stopped").length).toBe(2);
      const next = await fresh.test.reopen();
      expect(await instances(next, workload.id)).toEqual([]);
      await run(next, workload, 1);
      await untilReady(next, workload.id);
    });
  });
}
