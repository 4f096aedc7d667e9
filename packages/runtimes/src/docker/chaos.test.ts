import type { BerthError, IdentifiedWorkload } from "@berth/core";
import { describe, expect, it } from "vitest";
import { appFolder, instances, makeTestWorkload, run, until } from "../conformance/helpers.ts";
import { listOwn, openDockerRuntime } from "./testing/open-for-test.ts";
import type { DockerUnderTest } from "./testing/open-for-test.ts";
import { describeWithDocker } from "./testing/requires-docker.ts";

/** The same numbers for the same seed (Numerical Recipes' linear congruential generator). */
function makeDice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** What may be said while things are changed behind Berth's back; the caller asks again. */
const expected = new Set<string>(["engine.unreachable", "workload.not-found", "runtime.failed"]);

await describeWithDocker("with docker", (engine) => {
  type Step = (
    test: DockerUnderTest,
    workload: IdentifiedWorkload,
    roll: (sides: number) => number,
  ) => Promise<unknown>;

  const containerOf = async (test: DockerUnderTest, roll: (sides: number) => number) => {
    const all = await listOwn(engine, test.deps.installation);
    const one = all[roll(all.length)];
    return one && (await engine.ask(async (docker) => docker.getContainer(one.Id)));
  };

  const steps: readonly Step[] = [
    (test, { id }, roll) => test.runtime.scale(id, roll(3)),
    async (test, _, roll) => (await containerOf(test, roll))?.kill().catch(() => {}),
    async (test, _, roll) => (await containerOf(test, roll))?.remove({ force: true, v: true }).catch(() => {}),
    // What waits for an answer is given up, as where the engine goes away for a moment.
    async () => engine.abandon(),
    (test) => test.reopen(),
    async (test, workload) => {
      await test.runtime.remove(workload.id);
      await test.runtime.ensure(workload);
    },
  ];

  describe("the docker runtime, whatever is done to its containers when", () => {
    it.each([3, 13])(
      "comes to what was asked for last, and leaves nothing (seed %i)",
      async (seed) => {
        const test = await openDockerRuntime(engine);
        const roll = makeDice(seed);
        const image = await test.makeImage(appFolder);
        const wanted = [2, 0, 1].map((replicas, index) => ({
          replicas,
          workload: makeTestWorkload(image, "server.mjs", { service: `s${index}`, stopGraceMs: 500 }),
        }));
        for (const { workload } of wanted) await run(test.runtime, workload);
        const failures: string[] = [];
        for (let count = 0; count < 15; count++) {
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
        await until("only they run", async () => (await test.remains()) === 3);
        await test.dispose();
        expect(await test.remains()).toBe(0);
      },
      120_000,
    );
  });
});
