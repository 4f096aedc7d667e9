import { readFile } from "node:fs/promises";
import type { BerthError, IdentifiedWorkload } from "@berth/core";
import { describe, expect, it } from "vitest";
import { appFolder, instances, makeTestWorkload, run, until } from "../conformance/helpers.ts";
import { keeperPaths } from "./keeper/paths.ts";
import { findByFolder } from "./keeper/proc.ts";
import { openProcessRuntime } from "./open-for-test.ts";
import type { ProcessUnderTest } from "./open-for-test.ts";

/** The same numbers for the same seed (Numerical Recipes' linear congruential generator). */
function makeDice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

type Step = (test: ProcessUnderTest, workload: IdentifiedWorkload, roll: (sides: number) => number) => Promise<unknown>;

const pathsOf = (test: ProcessUnderTest) => keeperPaths(test.home, process.getuid?.() ?? 0);

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

const steps: readonly Step[] = [
  (test, { id }, roll) => test.runtime.scale(id, roll(4)),
  async (test) => {
    const pid = await readFile(pathsOf(test).pidFile, "utf8").catch(() => null);
    if (pid !== null) kill(Number(pid));
  },
  async (test, _, roll) => {
    const victims = findByFolder(pathsOf(test).instancesFolder);
    const victim = victims[roll(victims.length)];
    if (victim) kill(victim.pid);
  },
  (test) => test.reopen(),
  async (test, workload) => {
    await test.runtime.remove(workload.id);
    await test.runtime.ensure(workload);
  },
];

/** What may be said while a keeper is being replaced; the caller asks again. */
const expected = new Set<string>(["keeper.unreachable", "workload.not-found"]);

describe("the process runtime, whatever is killed when", () => {
  it.each([1, 5, 11])("comes to what was asked for last, and leaves nothing (seed %i)", async (seed) => {
    const test = await openProcessRuntime();
    const roll = makeDice(seed);
    const image = await test.makeImage(appFolder);
    const wanted = [2, 0, 1].map((replicas, index) => ({
      replicas,
      workload: makeTestWorkload(image, "server.mjs", { service: `s${index}`, stopGraceMs: 500 }),
    }));
    for (const { workload } of wanted) await run(test.runtime, workload, 2);
    const failures: string[] = [];
    for (let count = 0; count < 12; count++) {
      const workload = wanted[roll(wanted.length)]!.workload;
      await steps[roll(steps.length)]!(test, workload, roll).catch(async (error: BerthError) => {
        failures.push(error.code);
        await test.runtime.ensure(workload).catch(() => {});
      });
    }
    expect(failures.filter((code) => !expected.has(code))).toEqual([]);
    for (const { workload, replicas } of wanted) {
      await until("it is scaled", () =>
        run(test.runtime, workload, replicas).then(
          () => true,
          () => false,
        ),
      );
    }
    await until("all are as asked for last", async () => {
      const found = await Promise.all(wanted.map(({ workload }) => instances(test.runtime, workload.id)));
      return found.every(
        (all, index) => all.length === wanted[index]!.replicas && all.every(({ state }) => state === "ready"),
      );
    });
    const folder = pathsOf(test).instancesFolder;
    await until("only they run", () => findByFolder(folder).length === 3);
    await test.dispose();
    expect(findByFolder(folder)).toEqual([]);
  });
});
