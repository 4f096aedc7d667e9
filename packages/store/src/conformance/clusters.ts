import type { ClusterOptions } from "@berth/core";
import { expect, test } from "vitest";
import { ada, givenEnvironment, givenLive, givenPending, makeSnapshot, origin, production } from "./fixtures.ts";
import type { Given } from "./suite.ts";

const options: ClusterOptions = {
  namespacePrefix: "eu-",
  registry: "registry.example.org/team",
  routerAddresses: ["192.0.2.1"],
  ranges: null,
  quota: "pods=5",
};
const eu = { name: "eu", options, identity: "one" };

export function testClusters(given: Given): void {
  /** A release that is to become live on a cluster. */
  async function givenMove(cluster: string | null, scope = production) {
    const environment = await givenEnvironment(given.store, scope);
    const operation = await given.store.operations.start({ ...scope, kind: "move" }, ada);
    return await given.store.releases.create(
      { ...scope, kind: "move", carries: 1, snapshot: makeSnapshot("web"), cluster, origin, operation: operation.id },
      environment.revision,
      ada,
    );
  }
  const promote = async (version: number) => {
    const { revision } = (await given.store.environments.get("shop", "production"))!;
    return await given.store.releases.promote({ ...production, version, ref: null }, revision, ada);
  };

  test("a cluster is registered once, as it was given", async () => {
    const { clusters } = given.store;
    expect(await clusters.get("eu")).toBeNull();
    const made = await clusters.create(eu, ada);
    expect(made).toEqual({ ...eu, createdAt: given.clock.time, createdBy: "ada" });
    await expect(clusters.create({ ...eu, identity: "two" }, ada)).rejects.toMatchObject({ code: "cluster.exists" });
    await given.reopen();
    expect(await given.store.clusters.list()).toEqual([made]);
    const [entry] = await given.store.audit.list({}, { limit: 1 });
    expect(entry).toMatchObject({ action: "cluster.create", detail: "eu" });
  });

  test("a cluster that nothing is on is forgotten", async () => {
    const { clusters, audit } = given.store;
    await clusters.create(eu, ada);
    await clusters.delete("eu", ada);
    expect(await clusters.list()).toEqual([]);
    expect((await audit.list({}, { limit: 1 }))[0]).toMatchObject({ action: "cluster.delete", detail: "eu" });
    await expect(clusters.delete("eu", ada)).rejects.toMatchObject({ code: "cluster.not-found" });
  });

  test("an environment is on no registered cluster until a release goes live on one, and leaves it likewise", async () => {
    const { clusters, environments } = given.store;
    await clusters.create(eu, ada);
    const { environment, release } = await givenLive(given.store);
    expect([environment.cluster, release.cluster]).toEqual([null, null]);
    const move = await givenMove("eu");
    expect([move.environment.cluster, move.release.cluster]).toEqual([null, "eu"]);
    expect((await promote(2)).environment).toMatchObject({ live: 2, cluster: "eu" });
    expect(await environments.get("shop", "production")).toMatchObject({ live: 2, cluster: "eu" });
    // Whoever says nothing of a cluster stays.
    expect((await givenLive(given.store)).release).toMatchObject({ version: 3, cluster: "eu" });
    await givenMove(null);
    expect((await promote(4)).environment.cluster).toBeNull();
    expect((await environments.listActive())[0]?.cluster).toBeNull();
  });

  test("a release that fails leaves its environment where it is", async () => {
    await given.store.clusters.create(eu, ada);
    await givenLive(given.store);
    await givenMove("eu");
    await given.store.releases.fail({ ...production, version: 2, reason: "no" }, ada);
    expect(await given.store.environments.get("shop", "production")).toMatchObject({ live: 1, cluster: null });
  });

  test("nothing goes to a cluster that is not there", async () => {
    await givenLive(given.store);
    await expect(givenMove("eu")).rejects.toMatchObject({ code: "cluster.not-found" });
    expect(await given.store.environments.get("shop", "production")).toMatchObject({ desired: 1 });
  });

  test("a cluster that environments are on, or on their way to, is not forgotten", async () => {
    const { clusters, releases } = given.store;
    await clusters.create(eu, ada);
    await givenLive(given.store);
    await givenMove("eu");
    const refused = { code: "cluster.in-use", details: ["shop/production"] };
    await expect(clusters.delete("eu", ada)).rejects.toMatchObject(refused);
    await promote(2);
    await expect(clusters.delete("eu", ada)).rejects.toMatchObject(refused);
    await givenMove(null);
    await expect(clusters.delete("eu", ada)).rejects.toMatchObject(refused);
    await promote(3);
    await clusters.delete("eu", ada);
    // What was live there once is history.
    expect(await releases.get(production, 2)).toMatchObject({ cluster: "eu", state: "superseded" });
    await givenPending(given.store);
  });
}
