import { expect, it, onTestFinished } from "vitest";
import { describeOnCluster } from "../support/describe-on-cluster.ts";
import { until } from "../support/until.ts";
import { apart, askAcross, givenBoth } from "./apart.ts";
import { expectGone } from "./scenario.ts";

await describeOnCluster((on) => {
  it("keeps a preview and production from each other, and leaves nothing of one whose branch is deleted", async () => {
    const app = "pod-previews";
    const { berth } = on();
    const repository = await givenBoth(berth, app);
    onTestFinished(() => repository.remove());
    const asked = await askAcross(berth, app, async (environment) => {
      const [pod] = await on().pods(app, environment);
      const [container] = pod!.spec.containers as unknown as { env: { name: string; value?: string }[] }[];
      const port = container!.env.find(({ name }) => name === "PORT")!.value;
      return `${pod!.status!.podIP}:${port}`;
    });
    expect(asked).toEqual(apart(app));
    expect(await on().namespace(app, "feature")).not.toBeNull();
    expect(await repository.deploy("berth", "--delete", "feature")).toContain("removed feature");
    await expectGone(berth, app, "feature");
    expect(await on().pods(app, "feature")).toEqual([]);
    await until("its namespace is gone", async () => (await on().namespace(app, "feature")) === null, 90_000);
    expect((await berth.get(`${app}.localhost`, "/name")).body).toBe(`${app} production`);
  }, 300_000);
});
