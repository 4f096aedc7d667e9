import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Resources, Scale } from "../../service.ts";
import { noUsage, type Usage, usageBucketMs } from "../../usage.ts";
import { adviseService, type EfficiencyAdvice } from "./advice.ts";
import { compareEfficiency, enoughWatchedMs, judgeEfficiency } from "./judge-efficiency.ts";

const mebi = 2 ** 20;
const scope = { app: "shop", environment: "production" };
const resources: Resources = { cpuMillis: 250, memoryBytes: 512 * mebi };
const day = 288;
const units: Record<string, number> = { Mi: mebi, Gi: 2 ** 30, m: 1 };

/** What so many instances take in a bucket, each so much. */
function bucket(more: Partial<Usage> & { instances?: number; cpuMillis?: number; memoryBytes?: number } = {}): Usage {
  const { instances = 1, cpuMillis = 200, memoryBytes = 400 * mebi, ...rest } = more;
  const instanceMs = instances * usageBucketMs;
  return {
    ...noUsage,
    watchedMs: usageBucketMs,
    requests: 100,
    requestMs: 5_000,
    instanceMs,
    cpuMs: (cpuMillis / 1_000) * instanceMs,
    cpuReservedMs: (resources.cpuMillis / 1_000) * instanceMs,
    memoryByteSeconds: (memoryBytes * instanceMs) / 1_000,
    memoryReservedByteSeconds: (resources.memoryBytes * instanceMs) / 1_000,
    memoryPeakBytes: instances === 0 ? 0 : memoryBytes,
    ...rest,
  };
}

const quiet = (more: Parameters<typeof bucket>[0] = {}) => bucket({ requests: 0, requestMs: 0, ...more });
const asleep = quiet({ instances: 0, asleepMs: usageBucketMs });
const times = (count: number, usage: Usage) => Array.from({ length: count }, () => usage);

interface Given {
  buckets: readonly Usage[];
  scale?: Partial<Scale>;
  listens?: boolean;
  reserved?: Resources;
  environment?: string;
}

function advise({ buckets, scale, listens = true, reserved = resources, environment = "production" }: Given) {
  const full: Scale = { min: 1, max: 1, idleMs: 300_000, ...scale };
  return adviseService({
    ...scope,
    environment,
    service: "web",
    listens,
    scale: full,
    resources: reserved,
    buckets,
  });
}

const changes = (advice: readonly EfficiencyAdvice[]) => advice.map(({ change }) => change);

describe("advice", () => {
  it("is none for what uses what it has", () => {
    expect(advise({ buckets: times(day, bucket()) })).toEqual([]);
  });

  it("is less of the processor where twice the busiest five minutes is at most half of it", () => {
    const buckets = [...times(day - 1, bucket({ cpuMillis: 5 })), bucket({ cpuMillis: 42 })];
    expect(advise({ buckets })).toEqual([
      {
        kind: "cpu",
        reason: "It used 42m of 250m in its busiest five minutes.",
        change: "services.web.resources.cpu: 90m",
        command: null,
      },
    ]);
    expect(advise({ buckets: [...buckets, bucket({ cpuMillis: 80 })] })).toEqual([]);
    expect(advise({ buckets, scale: { max: 4, cpuPercent: 70 } })).toEqual([]);
  });

  it("is less memory where the most that was used leaves much of it, and more where it is tight", () => {
    const low = [...times(day - 1, bucket({ memoryBytes: 40 * mebi })), bucket({ memoryBytes: 70 * mebi })];
    expect(advise({ buckets: low })).toMatchObject([
      {
        kind: "memory",
        reason: "No instance used more than 70Mi of 512Mi.",
        change: "services.web.resources.memory: 96Mi",
      },
    ]);
    const tight = [...low, bucket({ memoryBytes: 480 * mebi })];
    expect(advise({ buckets: tight })).toMatchObject([
      { kind: "memory", reason: expect.stringContaining("ended"), change: "services.web.resources.memory: 640Mi" },
    ]);
  });

  it("tells nothing of what was reserved otherwise, was not measured, or ran for less than an hour", () => {
    const low = bucket({ cpuMillis: 5, memoryBytes: 40 * mebi });
    expect(advise({ buckets: times(day, low) })).toHaveLength(2);
    expect(advise({ buckets: times(11, low) })).toEqual([]);
    expect(advise({ buckets: times(day, low), reserved: { cpuMillis: 500, memoryBytes: 2 ** 30 } })).toEqual([]);
    const blind = { ...noUsage, watchedMs: usageBucketMs, instanceMs: usageBucketMs, requests: 1, requestMs: 9 };
    expect(advise({ buckets: times(day, blind) })).toEqual([]);
  });

  it("is sleep for what nobody asks for in most of the time", () => {
    const buckets = [...times(240, quiet()), ...times(48, bucket())];
    expect(advise({ buckets, environment: "staging" })).toEqual([
      {
        kind: "sleep",
        reason: "Nobody asked for it in 83% of the time. Unless it works without requests, it can sleep.",
        change: "services.web.scale.min: 0",
        command: "berth scale web --min 0 --app shop --env staging",
      },
    ]);
    expect(advise({ buckets, scale: { min: 0 } })).toEqual([]);
    expect(advise({ buckets, listens: false })).toEqual([]);
    expect(advise({ buckets, scale: { max: 4, cpuPercent: 70 } })).toEqual([]);
    expect(advise({ buckets: [...times(200, quiet()), ...times(88, bucket())] })).toEqual([]);
    // An open stream is somebody.
    expect(advise({ buckets: times(day, quiet({ requestMs: usageBucketMs })) })).toEqual([]);
  });

  it("is fewer instances at least, where twice the load asks for fewer, and never fewer than two", () => {
    const buckets = times(day, bucket({ instances: 6, requestMs: 20 * usageBucketMs }));
    const scale = { min: 6, max: 20, concurrency: 20 };
    expect(advise({ buckets, scale })).toMatchObject([
      { kind: "min", change: "services.web.scale.min: 3", command: "berth scale web --min 3 --app shop" },
    ]);
    const idle = times(day, bucket({ instances: 6, cpuMillis: 130 }));
    expect(changes(advise({ buckets: idle, scale }))).toEqual(["services.web.scale.min: 2"]);
    expect(advise({ buckets: idle, scale: { min: 2, max: 20, concurrency: 20 } })).toEqual([]);
    const fixed = times(day, bucket({ instances: 6, cpuMillis: 50 }));
    expect(advise({ buckets: fixed, scale: { min: 6, max: 6 } })).toMatchObject([
      { kind: "min", change: "services.web.scale: 3", command: "berth scale web=3 --app shop" },
      { kind: "cpu" },
    ]);
    for (const few of [times(1, fixed[0]!), times(day, { ...fixed[0]!, instanceMs: 0 })])
      for (const by of [{ max: 6 }, { max: 20, concurrency: 20 }])
        expect(advise({ buckets: few, scale: { min: 6, ...by } })).toEqual([]);
  });

  it("is more requests at each instance where several of them leave their processors idle, and no less of these", () => {
    const scale = { min: 1, max: 20, concurrency: 20 };
    const buckets = times(day, bucket({ instances: 5, cpuMillis: 20 }));
    expect(advise({ buckets, scale })).toMatchObject([
      {
        kind: "concurrency",
        reason: expect.stringContaining("8% of their processors"),
        change: "services.web.scale.concurrency: 40",
      },
    ]);
    expect(advise({ buckets: times(day, bucket({ instances: 5 })), scale })).toEqual([]);
    expect(changes(advise({ buckets, scale: { ...scale, concurrency: 1 } }))).toEqual([
      "services.web.resources.cpu: 40m",
    ]);
  });

  it("never asks for less memory than was used, and asks for nothing more once it was taken", () => {
    const peaks = fc.array(fc.integer({ min: 1, max: 4_000 }), { minLength: 12, maxLength: 60 });
    const reserved = fc.record({
      cpuMillis: fc.integer({ min: 10, max: 4_000 }),
      memoryBytes: fc.integer({ min: 32, max: 4_096 }).map((mib) => mib * mebi),
    });
    fc.assert(
      fc.property(peaks, reserved, fc.double({ min: 0, max: 1, noNaN: true }), (mibs, before, share) => {
        const used = (held: Resources) =>
          mibs.map((mib, index) => {
            const cpuMillis = before.cpuMillis * share * (index / mibs.length);
            return {
              ...bucket({ cpuMillis, memoryBytes: mib * mebi }),
              cpuReservedMs: (held.cpuMillis / 1_000) * usageBucketMs,
              memoryReservedByteSeconds: (held.memoryBytes * usageBucketMs) / 1_000,
            };
          });
        const advice = advise({ buckets: used(before), reserved: before });
        const amountOf = (kind: EfficiencyAdvice["kind"]) => {
          const [, amount, unit] = /: (\d+)(\w+)$/.exec(advice.find((one) => one.kind === kind)?.change ?? "") ?? [];
          return amount === undefined ? null : Number(amount) * units[unit!]!;
        };
        const memoryBytes = amountOf("memory") ?? before.memoryBytes;
        const cpuMillis = amountOf("cpu") ?? before.cpuMillis;
        expect(Math.max(...mibs) * mebi).toBeLessThan(memoryBytes * 0.9);
        const after = { cpuMillis, memoryBytes };
        expect(advise({ buckets: used(after), reserved: after })).toEqual([]);
      }),
    );
  });
});

describe("efficiency", () => {
  const scale: Scale = { min: 0, max: 1, idleMs: 300_000 };
  const service = (name: string, buckets: readonly Usage[]) => ({
    service: name,
    listens: true,
    scale,
    resources,
    buckets,
  });

  it("is what was used of what was reserved, by service and in all, worst first", () => {
    const web = service("web", times(day, bucket({ cpuMillis: 200 })));
    const api = service("api", [
      ...times(day / 2, bucket({ cpuMillis: 50, memoryBytes: 256 * mebi })),
      ...times(day / 2, asleep),
    ]);
    const judged = judgeEfficiency(scope, [web, api]);
    expect(judged.services.map((one) => one.service)).toEqual(["api", "web"]);
    expect(judged.services).toMatchObject([
      { cpuShare: 0.2, memoryShare: 0.5, requestsPerInstance: 5_000 / usageBucketMs, missing: null },
      { cpuShare: 0.8, missing: null },
    ]);
    expect(judged.services[0]!.usage.asleepMs).toBe(12 * 3_600_000);
    expect(judged.cpuShare).toBeCloseTo((200 + 25) / (250 + 125));
    expect(judged.unusedMs).toBe(judged.services[0]!.unusedMs + judged.services[1]!.unusedMs);
  });

  it("has no share of what was not measured, and asks for more data where there is too little", () => {
    const { services, ...total } = judgeEfficiency(scope, [service("web", []), service("api", times(day, asleep))]);
    expect(total).toMatchObject({ cpuShare: null, memoryShare: null, requestsPerInstance: null, unusedMs: 0 });
    expect(services).toMatchObject([
      { service: "api", missing: { what: "running", haveMs: 0, needMs: 3_600_000 } },
      { service: "web", missing: { what: "watched", haveMs: 0, needMs: enoughWatchedMs } },
    ]);
    const early = judgeEfficiency(scope, [{ ...service("web", times(100, quiet())), scale: { ...scale, min: 1 } }]);
    expect(early.services[0]).toMatchObject({ advice: [], missing: { what: "watched", haveMs: 100 * usageBucketMs } });
  });

  it("is in one order, worst first, and by idle instances where nothing was measured", () => {
    const blind = (app: string, instances: number) =>
      judgeEfficiency({ ...scope, app }, [
        service("web", times(day, { ...noUsage, watchedMs: usageBucketMs, instanceMs: instances * usageBucketMs })),
      ]);
    const worst = judgeEfficiency(scope, [service("web", times(day, bucket({ cpuMillis: 1 })))]);
    const all = [blind("bbb", 1), worst, blind("aaa", 1), blind("ccc", 2)];
    expect(all.toSorted(compareEfficiency).map(({ app }) => app)).toEqual(["shop", "ccc", "aaa", "bbb"]);
  });
});
