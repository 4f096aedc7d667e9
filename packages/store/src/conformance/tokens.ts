import { expect, test } from "vitest";
import { ada } from "./fixtures.ts";
import type { Given } from "./suite.ts";

export function testTokens(given: Given): void {
  const hash = "ab".repeat(32);
  const create = (note = "this machine", of = hash) =>
    given.store.tokens.create({ person: "grace", role: "deployer", note, hash: of }, ada);

  test("a token is found by its hash, and listed without it", async () => {
    const token = await create();
    expect(token).toMatchObject({ person: "grace", role: "deployer", note: "this machine", lastUsedAt: null });
    await given.reopen();
    expect(await given.store.tokens.findByHash(hash)).toEqual({ ...token, hash });
    expect(await given.store.tokens.findByHash("cd".repeat(32))).toBeNull();
    expect(await given.store.tokens.list()).toEqual([token]);
    expect(Object.keys(token)).not.toContain("hash");
  });

  test("its use is noted once a minute", async () => {
    const { id } = await create();
    const used = async (afterMs: number) => {
      given.clock.time += afterMs;
      await given.store.tokens.touch(id);
      return (await given.store.tokens.list())[0]?.lastUsedAt;
    };
    const first = given.clock.time + 5;
    expect(await used(5)).toBe(first);
    expect(await used(59_999)).toBe(first);
    expect(await used(1)).toBe(first + 60_000);
  });

  test("a deleted token is gone", async () => {
    const { id } = await create();
    await given.store.tokens.delete(id, ada);
    expect(await given.store.tokens.findByHash(hash)).toBeNull();
    await given.store.tokens.touch(id);
    await expect(given.store.tokens.delete(id, ada)).rejects.toMatchObject({ code: "not-found" });
  });

  test("tokens are listed in the order they were made", async () => {
    for (const note of ["b", "a", "c"]) await create(note, note);
    expect((await given.store.tokens.list()).map(({ note }) => note)).toEqual(["b", "a", "c"]);
  });
}
