import { expect, it, onTestFinished } from "vitest";
import { refOf } from "../../packages/cluster/src/index.ts";
import { describeOnCluster } from "../support/describe-on-cluster.ts";
import { answering, manifest, smallService } from "../support/programs.ts";
import { makeRepository } from "../support/repository.ts";
import { startTraffic } from "../support/traffic.ts";
import { until } from "../support/until.ts";

await describeOnCluster((on) => {
  const drift = async (app: string) => {
    const param = { app, environment: "production" };
    return (await on().berth.api().apps[":app"].environments[":environment"].drift.$get({ param })).json();
  };

  it("puts back what somebody has changed of a Deployment, says what and who, and serves meanwhile", async () => {
    const files = { "package.json": manifest("drifts"), "server.js": answering("as made"), "berth.yaml": smallService };
    const repository = await makeRepository(on().berth, "drifts", files);
    onTestFinished(() => repository.remove());
    await repository.deploy();
    expect(await drift("drifts")).toEqual({ isWatched: true, items: [], unknown: [] });

    const traffic = startTraffic(on().berth, "drifts.localhost");
    const [deployment] = await on().deployments("drifts");
    const patch = { metadata: { labels: { team: "by-hand" } } };
    await on().cluster.patch(refOf(deployment!), patch, { manager: "kubectl-label" });
    const found = await until("it was told", async () => (await drift("drifts")).items[0]);
    expect(found?.object).toMatch(/^Deployment web-/);
    expect(found?.fields).toEqual([
      expect.objectContaining({ desired: null, found: "by-hand", manager: "kubectl-label" }),
    ]);
    await until("it was put back", async () => {
      const [now] = await on().deployments("drifts");
      return now?.metadata.labels?.["team"] === undefined;
    });
    expect(await traffic.stop()).toEqual([]);
  }, 120_000);
});
