import { makeManualClock } from "@berth/core/testing";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import type { Cluster } from "../cluster.ts";
import { refOf } from "../object.ts";
import {
  configMap,
  describeWithCluster,
  makeNamespace,
  openTestCluster,
  systemDeps,
  testKubeconfig,
} from "../testing/cluster.ts";
import { openFaultProxy } from "../testing/fault-proxy.ts";
import { makeActingCluster } from "./acting-cluster.ts";
import { startLease } from "./lease.ts";
import type { Lease, OtherHolder } from "./lease.ts";

const manager = "berth-test";

await describeWithCluster("a lease on a cluster", () => {
  let cluster: Cluster;
  let namespace: Awaited<ReturnType<typeof makeNamespace>>;
  beforeAll(async () => {
    cluster = await openTestCluster();
    namespace = await makeNamespace(cluster);
  });
  afterAll(async () => {
    await namespace.remove();
    await cluster.close();
  });

  interface Server {
    lease: Lease;
    clock: ReturnType<typeof makeManualClock>;
    others: OtherHolder[];
    isHeld(): boolean;
    /** Ends it as a crash would: nothing is renewed or given back. */
    crash(): void;
  }

  function start(name: string, identity: string, over: Cluster = cluster): Server {
    const clock = makeManualClock();
    const others: OtherHolder[] = [];
    let isCrashed = false;
    // What a crash leaves undone: a clock that nobody waits at any more.
    const stopped = {
      ...clock,
      sleep: (ms: number, signal?: AbortSignal) => (isCrashed ? new Promise<void>(() => {}) : clock.sleep(ms, signal)),
    };
    const lease = startLease({
      cluster: over,
      namespace: namespace.name,
      name,
      identity,
      labels: { of: identity },
      manager,
      makeNamespace: async () => {},
      onOther(other) {
        others.push(other);
        return null;
      },
      deps: { ...systemDeps, clock: stopped, steady: clock.now },
    });
    const isHeld = () => {
      try {
        lease.term();
        return true;
      } catch {
        return false;
      }
    };
    onTestFinished(() => (isCrashed ? undefined : lease.release()));
    return { lease, clock, others, isHeld, crash: () => (isCrashed = true) };
  }

  /** Lets time pass for a server until it is so. */
  async function passing({ clock }: Server, isSo: () => boolean): Promise<void> {
    await expect
      .poll(
        () => {
          clock.advance(100);
          return isSo();
        },
        { timeout: 10_000, interval: 10 },
      )
      .toBe(true);
  }

  it("is had by one of two that start at once", async () => {
    const servers = [start("at-once", "a"), start("at-once", "b")];
    await Promise.race(servers.map(({ lease }) => lease.ready()));
    const [holder, other] = servers[0]!.isHeld() ? servers : servers.toReversed();
    await passing(other!, () => other!.others.length > 0);
    expect([holder!.isHeld(), other!.isHeld()]).toEqual([true, false]);
    expect(() => other!.lease.term()).toThrow(/Another server of Berth acts on the cluster: [ab]\./);
  });

  it("goes to who waits when it is given back, and its own holder has it at once after a crash", async () => {
    const first = start("given-back", "a");
    await first.lease.ready();
    first.crash();
    const again = start("given-back", "a");
    await again.lease.ready();
    const second = start("given-back", "b");
    await passing(second, () => second.others.length > 0);
    await again.lease.release();
    await passing(second, second.isHeld);
    expect([first, again].map(({ others }) => others)).toEqual([[], []]);
  });

  it("goes to who waits once it was not renewed for its whole time, by the clock of who waits", async () => {
    const first = start("runs-out", "a");
    await first.lease.ready();
    first.crash();
    const second = start("runs-out", "b");
    await passing(second, () => second.others.length > 0);
    const begin = second.clock.now();
    await passing(second, second.isHeld);
    expect(second.clock.now() - begin).toBeGreaterThanOrEqual(12_000);
    expect(second.others.every(({ isAlive, labels }) => !isAlive && labels["of"] === "a")).toBe(true);
    expect(
      await cluster.get({
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        namespace: namespace.name,
        name: "runs-out",
      }),
    ).toMatchObject({
      metadata: { labels: { of: "b" } },
      spec: { holderIdentity: "b", leaseTransitions: 1 },
    });
  });

  it("stays with who renews it, however long another waits", async () => {
    const first = start("renewed", "a");
    await first.lease.ready();
    const second = start("renewed", "b");
    for (let round = 0; round < 12; round += 1) {
      const seen = second.others.length;
      await passing(second, () => {
        first.clock.advance(100);
        return second.others.length > seen;
      });
    }
    expect([first.isHeld(), second.isHeld()]).toEqual([true, false]);
    expect(second.others.at(-1)).toMatchObject({ identity: "a", isAlive: true });
  });

  it("is not held any more before its time is over for others, where the API server does not answer, and nothing is changed then", async () => {
    const proxy = await openFaultProxy(testKubeconfig());
    const behind = await openTestCluster({ kubeconfig: proxy.kubeconfig });
    onTestFinished(async () => {
      await behind.close();
      await proxy.close();
    });
    const server = start("away", "a", behind);
    await server.lease.ready();
    const acting = makeActingCluster(cluster, server.lease);
    const object = configMap(namespace.name, "acted");
    await acting.apply(object, { manager });
    const term = server.lease.term();
    await proxy.stop();
    server.clock.advance(9_000);
    expect(server.isHeld()).toBe(true);
    server.clock.advance(1_000);
    await expect(acting.remove(refOf(object))).rejects.toMatchObject({ code: "cluster.unreachable" });
    expect(term.aborted).toBe(true);
    await proxy.resume();
    await passing(server, server.isHeld);
    expect(await acting.remove(refOf(object))).toBe(true);
  });

  it("is made again where somebody has deleted it", async () => {
    const server = start("deleted", "a");
    await server.lease.ready();
    const ref = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", namespace: namespace.name, name: "deleted" };
    await cluster.remove(ref);
    await expect
      .poll(async () => {
        server.clock.advance(500);
        return await cluster.get(ref);
      })
      .not.toBeNull();
    expect(server.isHeld()).toBe(true);
  });
});
