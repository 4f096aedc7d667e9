import { expect, test } from "vitest";
import { givenLive, makeArtifact, makeDigest, makeSnapshot, production } from "./fixtures.ts";
import type { Given } from "./suite.ts";

export function testArtifacts(given: Given): void {
  test("an artifact is found by its digest and by its key, as it was put", async () => {
    const artifact = makeArtifact("web", "key", 5);
    await given.store.artifacts.put(artifact);
    await given.reopen();
    expect(await given.store.artifacts.get(artifact.digest)).toEqual(artifact);
    expect(await given.store.artifacts.findByKey("key")).toEqual(artifact);
    expect(await given.store.artifacts.get(makeDigest("other"))).toBeNull();
    expect(await given.store.artifacts.findByKey("other")).toBeNull();
  });

  test("putting the same artifact again keeps the newer record", async () => {
    await given.store.artifacts.put(makeArtifact("web", "key", 5));
    await given.store.artifacts.put(makeArtifact("web", "key", 9));
    expect((await given.store.artifacts.findByKey("key"))?.createdAt).toBe(9);
  });

  test("different sources may give the same image", async () => {
    await given.store.artifacts.put(makeArtifact("web", "first", 5));
    await given.store.artifacts.put(makeArtifact("web", "second", 6));
    expect((await given.store.artifacts.findByKey("first"))?.digest).toBe(makeDigest("web"));
    expect((await given.store.artifacts.findByKey("second"))?.digest).toBe(makeDigest("web"));
    expect((await given.store.artifacts.get(makeDigest("web")))?.key).toBe("second");
  });

  test("the same source may give different images; the newest is used, and the others are kept", async () => {
    await given.store.artifacts.put(makeArtifact("one", "key", 5));
    await given.store.artifacts.put(makeArtifact("two", "key", 6));
    expect((await given.store.artifacts.findByKey("key"))?.digest).toBe(makeDigest("two"));
    expect((await given.store.artifacts.get(makeDigest("one")))?.key).toBe("key");
  });

  test("those that no release names and that are old enough are listed, once each", async () => {
    await givenLive(given.store, production, makeSnapshot("used"));
    await given.store.artifacts.put(makeArtifact("used", "a", 1));
    await given.store.artifacts.put(makeArtifact("young", "b", 50));
    await given.store.artifacts.put(makeArtifact("old", "c", 1));
    await given.store.artifacts.put(makeArtifact("old", "d", 2));
    await given.store.artifacts.put(makeArtifact("renewed", "e", 1));
    await given.store.artifacts.put(makeArtifact("renewed", "f", 50));
    expect(await given.store.artifacts.listUnreferenced(50)).toEqual([makeArtifact("old", "d", 2)]);
  });

  test("a deleted artifact is gone by every key; one that a release names cannot be deleted", async () => {
    await given.store.artifacts.put(makeArtifact("old", "a", 1));
    await given.store.artifacts.put(makeArtifact("old", "b", 2));
    await given.store.artifacts.delete(makeDigest("old"));
    await given.store.artifacts.delete(makeDigest("old"));
    expect(await given.store.artifacts.findByKey("a")).toBeNull();
    expect(await given.store.artifacts.findByKey("b")).toBeNull();
    await givenLive(given.store, production, makeSnapshot("used"));
    await given.store.artifacts.put(makeArtifact("used", "c", 1));
    await expect(given.store.artifacts.delete(makeDigest("used"))).rejects.toMatchObject({ code: "conflict" });
    expect(await given.store.artifacts.findByKey("c")).not.toBeNull();
  });
}
