import { expect, it, onTestFinished } from "vitest";
import { describeOnCluster } from "../support/describe-on-cluster.ts";
import { until } from "../support/until.ts";
import { apart, askAcross, givenThree } from "./apart.ts";
import { expectGone } from "./scenario.ts";

await describeOnCluster((on) => {
  it("keeps a preview, production and what somebody works on from each other, and leaves nothing of one that is removed", async () => {
    const app = "pod-previews";
    const { berth } = on();
    const given = await givenThree(berth, app);
    onTestFinished(() => given.remove());
    const addressOf = async (environment: string) => {
      const [pod] = await on().pods(app, environment);
      const [container] = pod!.spec.containers as unknown as { env: { name: string; value?: string }[] }[];
      const port = container!.env.find(({ name }) => name === "PORT")!.value;
      return `${pod!.status!.podIP}:${port}`;
    };
    // Clusters apply a policy to a pod that has just begun within a second or so.
    await expect.poll(() => askAcross(berth, app, given, addressOf), { timeout: 60_000 }).toEqual(apart(app, given));
    for (const name of ["feature", given.own]) expect(await on().namespace(app, name)).not.toBeNull();
    expect(await given.repository.deploy("berth", "--delete", "feature")).toContain("removed feature");
    expect(await given.down()).toContain(`Removed ${given.own}`);
    for (const name of ["feature", given.own]) {
      await expectGone(berth, app, name);
      expect(await on().pods(app, name)).toEqual([]);
      await until(`the namespace of ${name} is gone`, async () => (await on().namespace(app, name)) === null, 90_000);
    }
    expect((await berth.get(`${app}.localhost`, "/name")).body).toBe(`${app} production`);
  }, 300_000);
});
