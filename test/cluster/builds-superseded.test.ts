import { afterAll, beforeAll, expect, it } from "vitest";
import { type ClusterBerth, hasCluster } from "../support/cluster.ts";
import { built, openRepository, startBuildsOnCluster, untilNoBuildIsLeft } from "../support/cluster-builds.ts";
import { describeWith } from "../support/requires.ts";
import { until } from "../support/until.ts";

const { isThere, reason } = await hasCluster();

describeWith("a cluster", isThere, reason, () => {
  let on: ClusterBerth;
  beforeAll(async () => {
    on = await startBuildsOnCluster();
  }, 120_000);
  afterAll(() => on.stop(), 60_000);

  it("ends the Job of a push that another takes the place of", async () => {
    const repository = await openRepository(on, "hurries", built("hurries", "echo begun; sleep 600"));
    const first = repository.startPush("berth", "main");
    await first.sees("begun");
    const [job] = (await on.builds()).jobs;
    repository.write(built("hurries", "echo second > made.txt"));
    await repository.commit("Think better of it");
    const second = repository.startPush("berth", "main");
    expect((await first.done).ok).toBe(false);
    await until("the first Job is gone", async () => {
      const { jobs } = await on.builds();
      return jobs.every(({ metadata }) => metadata.uid !== job?.metadata.uid);
    });
    expect((await second.done).output).toContain("hurries.localhost");
    expect((await on.berth.get("hurries.localhost")).body).toBe("second\n");
    await untilNoBuildIsLeft(on);
  }, 240_000);
});
