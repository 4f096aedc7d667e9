import { describe, expect, it } from "vitest";
import { useFresh } from "./fresh.ts";
import { ask, instances, observed, readTail, run, until, untilReady } from "./helpers.ts";
import type { RuntimeUnderTest } from "./runtime-under-test.ts";

/** From nothing to ready, up and down, through crashes and restarts of the server. */
export function describeLife(open: () => Promise<RuntimeUnderTest>): void {
  describe("life", () => {
    const fresh = useFresh(open);

    it("starts an instance that becomes ready and answers at its endpoint", async () => {
      const { runtime } = fresh;
      const workload = fresh.workload("server.mjs");
      await runtime.ensure(workload);
      expect(await observed(runtime, workload.id)).toMatchObject({
        id: workload.id,
        app: "shop",
        environment: "production",
        service: "web",
        replicas: 0,
        instances: [],
      });
      await runtime.scale(workload.id, 1);
      const [instance] = await untilReady(runtime, workload.id);
      expect(instance).toMatchObject({ workload: workload.id, restarts: 0, lastExit: null, reason: null });
      expect(instance!.readyAt).toBeGreaterThanOrEqual(instance!.startedAt);
      expect(runtime.endpoints(workload.id)).toEqual([{ instance: instance!.id, endpoint: instance!.endpoint }]);
      expect(await ask(runtime, workload.id, "/")).toBe("hello");
    });

    it("gives an instance its own environment and PORT, and nothing else", async () => {
      const { runtime, test } = fresh;
      const workload = fresh.workload("server.mjs", { env: { GREETING: "a = b $HOME\n", EMPTY: "" } });
      await run(runtime, workload);
      const [{ endpoint } = { endpoint: null }] = await untilReady(runtime, workload.id);
      const env = JSON.parse(await ask(runtime, workload.id, "/env")) as Record<string, string>;
      expect(env).toMatchObject({ GREETING: "a = b $HOME\n", EMPTY: "", PORT: String(endpoint?.port) });
      expect(Object.keys(env).sort()).toEqual(["EMPTY", "GREETING", "PORT", ...test.ownVariables].sort());
    });

    it("scales up and down to the number asked for, and serves no stopped one", async () => {
      const { runtime } = fresh;
      const workload = fresh.workload("server.mjs");
      await run(runtime, workload, 3);
      const all = await untilReady(runtime, workload.id, 3);
      expect(new Set(all.map(({ endpoint }) => `${endpoint?.host}:${endpoint?.port}`)).size).toBe(3);
      await runtime.scale(workload.id, 1);
      expect(runtime.endpoints(workload.id).length).toBe(1);
      await untilReady(runtime, workload.id, 1);
      await runtime.scale(workload.id, 0);
      expect(runtime.endpoints(workload.id)).toEqual([]);
      await until("none is left", async () => (await instances(runtime, workload.id)).length === 0);
      expect((await observed(runtime, workload.id))?.replicas).toBe(0);
    });

    it("starts what has crashed again, in its place, and tells how it ended", async () => {
      const { runtime } = fresh;
      const workload = fresh.workload("server.mjs");
      await run(runtime, workload);
      const [before] = await untilReady(runtime, workload.id);
      await ask(runtime, workload.id, "/exit?code=7").catch(() => {});
      await until("it was started again", async () => (await instances(runtime, workload.id))[0]?.restarts === 1);
      const [after] = await untilReady(runtime, workload.id);
      expect(after).toMatchObject({
        id: before!.id,
        restarts: 1,
        lastExit: { code: 7, signal: null, outOfMemory: false },
      });
      expect(await ask(runtime, workload.id, "/")).toBe("hello");
    });

    it("counts a worker as ready once it has lived for a while, without an endpoint", async () => {
      const { runtime } = fresh;
      const workload = fresh.workload("worker.mjs", { service: "worker", health: null });
      await run(runtime, workload);
      const [instance] = await untilReady(runtime, workload.id);
      expect(instance!.endpoint).toBeNull();
      expect(runtime.endpoints(workload.id)).toEqual([]);
    });

    it("marks how far a start has come, in order, from when it was asked for", async () => {
      const workload = fresh.workload("server.mjs");
      const before = Date.now();
      await fresh.runtime.ensure(workload);
      await fresh.runtime.scale(workload.id, 1);
      const [instance] = await untilReady(fresh.runtime, workload.id, 1);
      const { askedAt, scheduledAt, pulledAt, startedAt, listeningAt } = instance!.marks!;
      expect(askedAt).toBeGreaterThanOrEqual(before);
      const marks = [askedAt, scheduledAt, pulledAt, startedAt, listeningAt].filter((at) => at !== undefined);
      expect(marks).not.toContain(null);
      expect(marks).toEqual(marks.toSorted((a, b) => a! - b!));
      expect(listeningAt).toBeLessThanOrEqual(instance!.readyAt! + fresh.test.readyAtSlackMs);
    });

    it("has the same instances, ready and scaled as before, after the server was restarted", async () => {
      const workload = fresh.workload("server.mjs");
      await run(fresh.runtime, workload, 2);
      const before = await untilReady(fresh.runtime, workload.id, 2);
      const runtime = await fresh.test.reopen();
      const after = await observed(runtime, workload.id);
      expect(after).toMatchObject({ app: "shop", environment: "production", service: "web", replicas: 2 });
      const byId = (id: string) => before.find((instance) => instance.id === id);
      for (const instance of after?.instances ?? []) {
        const known = byId(instance.id)!;
        const unlike = { memoryBytes: null, cpuMillis: null, readyAt: null };
        // How its start went is known to who has started it.
        expect({ ...instance, ...unlike }).toEqual({ ...known, ...unlike, marks: undefined });
        expect(Math.abs(instance.readyAt! - known.readyAt!)).toBeLessThanOrEqual(fresh.test.readyAtSlackMs);
      }
      expect(runtime.endpoints(workload.id).length).toBe(2);
      await runtime.scale(workload.id, 2);
      expect(new Set((await readTail(runtime, workload.id)).map((line) => line.instance)).size).toBe(2);
      expect(await ask(runtime, workload.id, "/")).toBe("hello");
      await ask(runtime, workload.id, "/exit?code=1").catch(() => {});
      await until("one was started again", async () =>
        (await instances(runtime, workload.id)).some(({ restarts }) => restarts === 1),
      );
      await untilReady(runtime, workload.id, 2);
    });

    it("measures what an instance and what it has started use of processors", async () => {
      const { runtime } = fresh;
      const [busy, quiet] = [fresh.workload("busy.mjs"), fresh.workload("server.mjs")];
      for (const workload of [busy, quiet]) await run(runtime, workload);
      const used = async (id: string) => (await instances(runtime, id))[0]?.cpuMillis ?? null;
      const most = await until("the busy one is measured", async () => {
        const millis = (await used(busy.id)) ?? 0;
        return millis > 100 ? millis : null;
      });
      // The program computes for half of the time, and starts before that.
      expect(most).toBeLessThan(2_000);
      await until("the quiet one is measured", async () => ((await used(quiet.id)) ?? 1_000) < 100);
    });

    it("removes a workload with its instances and logs, and only that", async () => {
      const { runtime } = fresh;
      const gone = fresh.workload("server.mjs");
      const stays = fresh.workload("server.mjs", { environment: "staging" });
      await run(runtime, gone, 2);
      await run(runtime, stays);
      await untilReady(runtime, gone.id, 2);
      await untilReady(runtime, stays.id);
      await runtime.remove(gone.id);
      expect((await runtime.observe()).workloads.has(gone.id)).toBe(false);
      expect(runtime.endpoints(gone.id)).toEqual([]);
      await expect(readTail(runtime, gone.id)).rejects.toMatchObject({ code: "workload.not-found" });
      await expect(runtime.scale(gone.id, 1)).rejects.toMatchObject({ code: "workload.not-found" });
      expect(await ask(runtime, stays.id, "/")).toBe("hello");
    });

    it("takes every call again without another effect", async () => {
      const { runtime } = fresh;
      const workload = fresh.workload("server.mjs");
      await Promise.all([runtime.ensure(workload), runtime.ensure(workload)]);
      await Promise.all([runtime.scale(workload.id, 2), runtime.scale(workload.id, 2)]);
      const before = await untilReady(runtime, workload.id, 2);
      await runtime.ensure(workload);
      await runtime.scale(workload.id, 2);
      const after = await untilReady(runtime, workload.id, 2);
      expect(after.map(({ id }) => id).sort()).toEqual(before.map(({ id }) => id).sort());
      await Promise.all([runtime.remove(workload.id), runtime.remove(workload.id)]);
      await runtime.remove(workload.id);
      expect((await runtime.observe()).workloads.size).toBe(0);
    });

    it("observes one environment alone where that is asked for, and says which one changed", async () => {
      const { runtime } = fresh;
      const dirty = new Set<string>();
      const stop = runtime.watch(({ app, environment }) => dirty.add(`${app}/${environment}`));
      const shop = fresh.workload("server.mjs");
      const blog = fresh.workload("server.mjs", { app: "blog", environment: "staging" });
      await run(runtime, shop);
      await until("shop was told", () => dirty.has("shop/production"));
      expect(dirty).not.toContain("blog/staging");
      await run(runtime, blog);
      await until("blog was told", () => dirty.has("blog/staging"));
      const scoped = await runtime.observe({ app: "blog", environment: "staging" });
      expect([...scoped.workloads.keys()]).toEqual([blog.id]);
      stop();
      dirty.clear();
      await runtime.scale(shop.id, 0);
      expect(dirty.size).toBe(0);
    });
  });
}
