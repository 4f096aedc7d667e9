import { expect, test } from "vitest";
import { ada, givenEnvironment, production } from "./fixtures.ts";
import type { Given } from "./suite.ts";

export function testPorts(given: Given): void {
  const preview = { app: "shop", environment: "feature" };
  const drawNext = (taken: ReadonlySet<number>) => {
    let port = 20_000;
    while (taken.has(port)) port += 1;
    return port;
  };

  test("each service of each environment gets a port of its own, and keeps it", async () => {
    await givenEnvironment(given.store);
    await givenEnvironment(given.store, preview);
    const { environments } = given.store;
    expect(await environments.ports(production, ["web", "api"], drawNext)).toEqual({ web: 20_000, api: 20_001 });
    expect(await environments.ports(preview, ["web"], drawNext)).toEqual({ web: 20_002 });
    await given.reopen();
    const later = await given.store.environments.ports(production, ["api", "admin"], drawNext);
    expect(later).toEqual({ api: 20_001, admin: 20_003 });
    expect(await given.store.environments.allPorts()).toContainEqual({ ...preview, service: "web", port: 20_002 });
  });

  test("ports are free again when their environment is deleted", async () => {
    await givenEnvironment(given.store, preview);
    await given.store.environments.ports(preview, ["web"], drawNext);
    await given.store.environments.delete("shop", "feature", ada);
    await givenEnvironment(given.store);
    expect(await given.store.environments.ports(production, ["web"], drawNext)).toEqual({ web: 20_000 });
  });

  test("a draw that fails or gives a taken port leaves nothing behind", async () => {
    await givenEnvironment(given.store);
    const fails = given.store.environments.ports(production, ["web", "api"], () => 20_000);
    await expect(fails).rejects.toMatchObject({ code: "internal" });
    const none = () => {
      throw new Error("no port is free");
    };
    await expect(given.store.environments.ports(production, ["web"], none)).rejects.toThrow("no port is free");
    expect(await given.store.environments.allPorts()).toEqual([]);
  });

  test("ports belong to an environment that is there", async () => {
    await expect(given.store.environments.ports(production, ["web"], drawNext)).rejects.toMatchObject({
      code: "environment.not-found",
    });
  });
}
