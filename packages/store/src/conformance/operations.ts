import { expect, test } from "vitest";
import { ada, givenEnvironment, production } from "./fixtures.ts";
import type { Given } from "./suite.ts";

export function testOperations(given: Given): void {
  const preview = { app: "shop", environment: "feature" };
  const start = (scope = production) => given.store.operations.start({ ...scope, kind: "deploy" }, ada);
  const error = { code: "build.failed", message: "It broke.", hint: null, lines: ["one", "two"] };

  test("an operation runs until it is finished, and keeps its result", async () => {
    await givenEnvironment(given.store);
    const operation = await start();
    expect(operation).toMatchObject({ ...production, kind: "deploy", actor: "ada", state: "running", version: null });
    expect(await given.store.operations.get(operation.id)).toEqual(operation);
    given.clock.time += 9;
    await given.store.operations.finish(operation.id, { ok: true, url: "http://shop.localhost:4000" });
    await given.reopen();
    expect(await given.store.operations.get(operation.id)).toEqual({
      ...operation,
      state: "succeeded",
      finishedAt: given.clock.time,
      url: "http://shop.localhost:4000",
    });
  });

  test("an operation that failed says why, and ends once", async () => {
    await givenEnvironment(given.store);
    const { id } = await start();
    await given.store.operations.finish(id, { ok: false, error });
    const ended = await given.store.operations.get(id);
    expect(ended).toMatchObject({ state: "failed", error, url: null });
    given.clock.time += 9;
    await given.store.operations.finish(id, { ok: true, url: null });
    expect(await given.store.operations.get(id)).toEqual(ended);
  });

  test("an operation needs its app, not its environment", async () => {
    await expect(start()).rejects.toMatchObject({ code: "app.not-found" });
    await given.store.apps.create({ name: "shop", defaultBranch: null }, ada);
    await start();
    await expect(given.store.operations.finish("op_0", { ok: true, url: null })).rejects.toMatchObject({
      code: "operation.not-found",
    });
    expect(await given.store.operations.get("op_0")).toBeNull();
  });

  test("ids sort by time, within a millisecond, when the clock goes back and over a restart", async () => {
    await givenEnvironment(given.store);
    const ids = [(await start()).id, (await start()).id];
    given.clock.time -= 60_000;
    ids.push((await start()).id);
    await given.reopen();
    ids.push((await start()).id);
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(4);
  });

  test("operations are listed newest first, page by page, of an app or an environment", async () => {
    await givenEnvironment(given.store);
    await givenEnvironment(given.store, { app: "blog", environment: "production" });
    const a = (await start()).id;
    const b = (await start(preview)).id;
    const c = (await start({ app: "blog", environment: "production" })).id;
    const d = (await start()).id;
    const list = async (...[filter, page]: Parameters<typeof given.store.operations.list>) =>
      (await given.store.operations.list(filter, page)).map(({ id }) => id);
    expect(await list({}, { limit: 10 })).toEqual([d, c, b, a]);
    expect(await list({}, { limit: 2, after: d })).toEqual([c, b]);
    expect(await list({ app: "shop" }, { limit: 10 })).toEqual([d, b, a]);
    expect(await list({ app: "shop" }, { limit: 1, after: b })).toEqual([a]);
    expect(await list(preview, { limit: 10 })).toEqual([b]);
    expect(await list({ environment: "production" }, { limit: 10 })).toEqual([d, c, a]);
  });

  test("those that a crash interrupted are listed after reopening", async () => {
    await givenEnvironment(given.store);
    const ended = await start();
    const running = await start();
    await given.store.operations.finish(ended.id, { ok: true, url: null });
    await given.reopen();
    expect(await given.store.operations.listRunning()).toEqual([running]);
  });
}
