import { expect, test } from "vitest";
import { ada, makeDigest } from "./fixtures.ts";
import type { Given } from "./suite.ts";

const node = "docker.io/library/node:24-slim";
const first = makeDigest("first");
const second = makeDigest("second");

export function testBases(given: Given): void {
  test("a base is pinned once and stays pinned", async () => {
    const { bases } = given.store;
    expect(await bases.get(node)).toBeNull();
    expect(await bases.pin(node, first, ada)).toMatchObject({ image: node, digest: first, pinnedBy: ada.person });
    expect((await bases.pin(node, second, ada)).digest).toBe(first);
    await given.reopen();
    expect((await given.store.bases.get(node))?.digest).toBe(first);
  });

  test("a pin moves when it is updated, and is audited", async () => {
    const { bases, audit } = given.store;
    await bases.pin(node, first, ada);
    expect((await bases.update(node, second, ada)).digest).toBe(second);
    expect((await bases.list()).map(({ digest }) => digest)).toEqual([second]);
    expect((await audit.list({}, { limit: 1 }))[0]).toMatchObject({ action: "base.update" });
  });

  test("a pin is forgotten", async () => {
    const { bases } = given.store;
    await bases.pin(node, first, ada);
    await bases.delete(node, ada);
    expect(await bases.list()).toEqual([]);
  });

  test("a pin that is not there cannot be moved", async () => {
    await expect(given.store.bases.update(node, second, ada)).rejects.toMatchObject({ code: "base.not-found" });
    await expect(given.store.bases.delete(node, ada)).rejects.toMatchObject({ code: "base.not-found" });
  });
}
