import type { ConfigName, SealedValue, Snapshot } from "@berth/core";
import { expect, test } from "vitest";
import { ada, givenEnvironment, givenLive, givenPending, makeSnapshot, production } from "./fixtures.ts";
import type { Given } from "./suite.ts";

export function testConfig(given: Given): void {
  const value = (id: string, keyId = "k1"): SealedValue => ({ id, app: "shop", sealed: `sealed ${id}`, keyId });
  const name = (key: string, scope = "all", service: string | null = null): ConfigName => ({ scope, service, key });
  const set = (...entries: [key: string, id: string, scope?: string, service?: string | null][]) =>
    given.store.config.change(
      "shop",
      {
        set: entries.map(([key, id, scope, service]) => ({ ...name(key, scope, service), value: value(id) })),
        unset: [],
      },
      ada,
    );
  const unset = (...names: ConfigName[]) => given.store.config.change("shop", { set: [], unset: names }, ada);
  const ids = async (...wanted: string[]) =>
    (await given.store.config.values("shop", wanted)).map(({ id }) => id).toSorted();
  const running = (...values: string[]): Snapshot => ({
    ...makeSnapshot("web"),
    config: { web: Object.fromEntries(values.map((id) => [id.toUpperCase(), id])) },
  });

  test("what is set is listed with who set it, and its value is found", async () => {
    await givenEnvironment(given.store);
    await set(["B", "b"], ["A", "a", "production", "web"]);
    await given.reopen();
    const common = { setAt: given.clock.time, setBy: "ada" };
    expect(await given.store.config.list("shop")).toEqual([
      { ...name("B"), value: "b", ...common },
      { ...name("A", "production", "web"), value: "a", ...common },
    ]);
    expect(await given.store.config.values("shop", ["a"])).toEqual([value("a")]);
    expect(await given.store.config.values("other", ["a"])).toEqual([]);
    await expect(given.store.config.change("nothing", { set: [], unset: [name("A")] }, ada)).rejects.toMatchObject({
      code: "app.not-found",
    });
  });

  test("setting anew takes the place of what was set, and the value before goes", async () => {
    await givenEnvironment(given.store);
    await set(["A", "a1"], ["A", "w1", "all", "web"]);
    await set(["A", "a2"]);
    expect((await given.store.config.list("shop")).map(({ value: id }) => id)).toEqual(["a2", "w1"]);
    expect(await ids("a1", "a2", "w1")).toEqual(["a2", "w1"]);
  });

  test("unsetting tells what was there", async () => {
    await givenEnvironment(given.store);
    await set(["A", "a"], ["B", "b"]);
    expect(await unset(name("A"), name("C"), name("B", "production"))).toEqual([name("A")]);
    expect(await ids("a", "b")).toEqual(["b"]);
  });

  test("who changed what is in the audit, without values", async () => {
    await givenEnvironment(given.store);
    await set(["A", "a"], ["B", "b"], ["C", "c", "previews", "api"]);
    await unset(name("A"));
    const entries = await given.store.audit.list({ app: "shop" }, { limit: 3 });
    expect(entries.map(({ action, person, detail }) => [person, action, detail])).toEqual([
      ["ada", "config.unset", "A for all environments"],
      ["ada", "config.set", "C for all previews, service api"],
      ["ada", "config.set", "A, B for all environments"],
    ]);
  });

  test("a value stays while a release names it", async () => {
    await givenEnvironment(given.store);
    await set(["A", "a1"], ["B", "b"]);
    await givenLive(given.store, production, running("a1"));
    await set(["A", "a2"]);
    expect(await ids("a1", "a2")).toEqual(["a1", "a2"]);
    await givenLive(given.store, production, running("a2"));
    await given.store.releases.prune(production, 1, []);
    expect(await ids("a1", "a2")).toEqual(["a2"]);
  });

  test("a value that is held stays, too", async () => {
    await givenEnvironment(given.store);
    await set(["A", "a1"]);
    const held = { web: { A: { instead: "a2", use: "a1" } } };
    await givenLive(given.store, production, { ...makeSnapshot("web"), config: {}, held });
    await set(["A", "a2"]);
    expect(await ids("a1", "a2")).toEqual(["a1", "a2"]);
  });

  test("a release does not name what is gone", async () => {
    await givenEnvironment(given.store);
    await set(["A", "a"]);
    await unset(name("A"));
    await expect(givenPending(given.store, production, running("a"))).rejects.toMatchObject({ code: "conflict" });
    expect((await given.store.environments.get("shop", "production"))?.desired).toBeNull();
  });

  test("what was drawn for an environment stays as it was drawn first", async () => {
    await givenEnvironment(given.store);
    const { config } = given.store;
    const drawn = { key: "SESSION", value: value("s1") };
    expect(await config.draw(production, [{ ...drawn, service: null }])).toEqual([
      { service: null, key: "SESSION", value: "s1", drawnAt: given.clock.time },
    ]);
    const again = [
      { ...drawn, service: null, value: value("s2") },
      { ...drawn, service: "web", value: value("s3") },
    ];
    expect((await config.draw(production, again)).map(({ value: id }) => id)).toEqual(["s1", "s3"]);
    expect(await ids("s1", "s2", "s3")).toEqual(["s1", "s3"]);
    await expect(config.draw({ ...production, environment: "x" }, [])).rejects.toMatchObject({
      code: "environment.not-found",
    });
    expect(await unset(name("SESSION", "production"))).toEqual([name("SESSION", "production")]);
    expect((await config.generated(production)).map(({ value: id }) => id)).toEqual(["s3"]);
    expect(await ids("s1", "s3")).toEqual(["s3"]);
  });

  test("what is an environment's alone goes with it, and all of an app with that", async () => {
    await givenEnvironment(given.store);
    const preview = { app: "shop", environment: "feature" };
    await givenEnvironment(given.store, preview);
    await set(["A", "a"], ["B", "b", "feature"], ["C", "c"]);
    await given.store.config.draw(preview, [{ service: null, key: "S", value: value("s") }]);
    await givenLive(given.store, preview, running("a", "b"));
    await unset(name("A"));
    await given.store.environments.delete("shop", "feature", ada);
    expect((await given.store.config.list("shop")).map(({ key }) => key)).toEqual(["C"]);
    expect(await ids("a", "b", "c", "s")).toEqual(["c"]);
    await given.store.apps.delete("shop", ada);
    expect(await ids("c")).toEqual([]);
    expect(await given.store.config.keyIds()).toEqual([]);
  });

  test("values are sealed anew in steps, each once", async () => {
    await givenEnvironment(given.store);
    const { config } = given.store;
    await set(["A", "a"], ["B", "b"], ["C", "c"]);
    expect(await config.keyIds()).toEqual(["k1"]);
    const some = await config.listSealedOtherwise("k2", 2);
    expect(some).toHaveLength(2);
    const anew = (from: SealedValue) => ({ ...from, sealed: "anew", keyId: "k2", from: from.keyId });
    await config.reseal([...some.map(anew), { ...anew(value("gone")), id: "gone" }]);
    expect((await config.keyIds()).toSorted()).toEqual(["k1", "k2"]);
    await config.reseal(some.map((one) => ({ ...anew(one), keyId: "k3" })));
    await config.reseal((await config.listSealedOtherwise("k2", 10)).map(anew));
    await given.reopen();
    expect(await given.store.config.keyIds()).toEqual(["k2"]);
    expect(await given.store.config.listSealedOtherwise("k2", 10)).toEqual([]);
    expect(await given.store.config.values("shop", ["a"])).toEqual([{ ...value("a", "k2"), sealed: "anew" }]);
  });

  test("a thousand settings change at once", async () => {
    await givenEnvironment(given.store);
    const many = Array.from({ length: 1_000 }, (_, index) => [`KEY_${index}`, `v${index}`] as [string, string]);
    await set(...many);
    expect(await given.store.config.list("shop")).toHaveLength(1_000);
    expect(await ids(...many.map(([, id]) => id))).toHaveLength(1_000);
  });

  test("each change is one that loops follow", async () => {
    await givenEnvironment(given.store);
    await set(["A", "a"]);
    const [last] = (await given.store.changes.since(0, 100)).slice(-1);
    expect(last).toMatchObject({ kind: "config", app: "shop", environment: null });
  });
}
