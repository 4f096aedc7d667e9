import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BacklogMemory, judgeBacklog } from "./backlog.ts";

const second = 1_000;

/** A worker whose backlog is told by hand. */
class Scene {
  now = 0;
  memory: BacklogMemory | null = null;
  replicas: number;
  scale = { min: 0, max: 10, idleMs: 60 * second };

  constructor(replicas = 0) {
    this.replicas = replicas;
  }

  /** What is asked for, and has come, after so long with this backlog. */
  after(ms: number, backlog: number | null): number {
    this.now += ms;
    const input = { scale: this.scale, target: 100, backlog, replicas: this.replicas };
    const { demand, memory } = judgeBacklog(input, this.memory, this.now);
    this.memory = memory;
    this.changesAt = demand.changesAt;
    return (this.replicas = demand.count);
  }

  changesAt: number | null = null;
}

describe("what waits for a worker", () => {
  it("has as many instances at once as it asks for, from none to the most there may be", () => {
    const scene = new Scene();
    expect(scene.after(0, 0)).toBe(0);
    expect(scene.after(second, 1)).toBe(1);
    expect(scene.after(second, 100)).toBe(1);
    expect(scene.after(second, 101)).toBe(2);
    expect(scene.after(second, 450)).toBe(5);
    expect(scene.after(second, 1e9)).toBe(10);
  });

  it("ends instances once less of it was there for all of the delay, and the last one with the end of the work", () => {
    const scene = new Scene();
    scene.after(0, 500);
    expect(scene.after(second, 150)).toBe(5);
    expect(scene.changesAt).toBe(61 * second);
    expect(scene.after(59 * second, 150)).toBe(5);
    expect(scene.after(second, 0)).toBe(2);
    expect(scene.after(60 * second, 0)).toBe(0);
    expect(scene.changesAt).toBeNull();
  });

  it("does not flap with a backlog that comes and goes", () => {
    const scene = new Scene();
    scene.after(0, 300);
    const counts = Array.from({ length: 40 }, (_, at) => scene.after(15 * second, at % 3 === 0 ? 250 : 0));
    expect(new Set(counts)).toEqual(new Set([3]));
  });

  it("leaves the number as it is while nobody knows it, and begins the delay anew after that", () => {
    const scene = new Scene();
    scene.after(0, 400);
    expect(scene.after(3_600 * second, null)).toBe(4);
    expect(scene.changesAt).toBeNull();
    expect(scene.after(second, 0)).toBe(4);
    expect(scene.after(59 * second, 0)).toBe(4);
    expect(scene.after(second, 0)).toBe(0);
  });

  it("takes what runs for needed where nothing is known of the past", () => {
    const scene = new Scene(6);
    expect(scene.after(0, null)).toBe(6);
    expect(scene.after(second, 0)).toBe(6);
    expect(scene.after(60 * second, 0)).toBe(0);
  });

  it("is never outside the bounds, also where those change while nobody knows it", () => {
    const scene = new Scene(3);
    scene.scale = { ...scene.scale, min: 5, max: 8 };
    expect(scene.after(0, null)).toBe(5);
    expect(scene.after(0, 10_000)).toBe(8);
    scene.scale = { ...scene.scale, max: 6 };
    expect(scene.after(0, null)).toBe(6);
  });

  it("settles: looking again at the same asks for the same", () => {
    const backlogs = fc.array(fc.tuple(fc.nat(120_000), fc.option(fc.nat(3_000))), { maxLength: 30 });
    fc.assert(
      fc.property(backlogs, fc.nat(10), (steps, replicas) => {
        const scene = new Scene(replicas);
        for (const [ms, backlog] of steps) {
          const count = scene.after(ms, backlog);
          expect(scene.after(0, backlog)).toBe(count);
          expect(count).toBeGreaterThanOrEqual(backlog === null ? 0 : Math.min(10, Math.ceil(backlog / 100)));
        }
      }),
    );
  });
});
