import { describe, expect, it } from "vitest";
import type { KubeObject } from "../object.ts";
import { drop, put, replaceAll } from "./copy.ts";
import type { Copy } from "./copy.ts";
import { readWatchEvent } from "./watch-event.ts";

function object(name: string, resourceVersion: string, uid = name): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop", uid, resourceVersion } };
}

function copyOf(...objects: KubeObject[]): Copy<KubeObject> {
  const copy: Copy<KubeObject> = new Map();
  for (const one of objects) put(copy, one);
  return copy;
}

describe("a copy", () => {
  it("tells what a watch adds, changes and removes", () => {
    const copy = copyOf();
    const [first, second, last] = [object("a", "1"), object("a", "2"), object("a", "3")];
    expect(put(copy, first)).toEqual({ kind: "added", object: first, before: null });
    expect(put(copy, second)).toEqual({ kind: "changed", object: second, before: first });
    expect(drop(copy, last)).toEqual({ kind: "removed", object: last, before: second });
    expect(copy.size).toBe(0);
  });

  it("does not tell twice what it knows", () => {
    const copy = copyOf(object("a", "1"));
    expect(put(copy, object("a", "1"))).toBeNull();
    expect(drop(copy, object("b", "1"))).toBeNull();
  });

  it("finds by a new list what was removed, changed and added meanwhile", () => {
    const [a, b, c] = [object("a", "1"), object("b", "2"), object("c", "3")];
    const copy = copyOf(a, b, c);
    const [b2, d] = [object("b", "8"), object("d", "9")];
    expect(replaceAll(copy, [b2, c, d])).toEqual([
      { kind: "removed", object: a, before: a },
      { kind: "changed", object: b2, before: b },
      { kind: "added", object: d, before: null },
    ]);
    expect([...copy.keys()]).toEqual(["shop/b", "shop/c", "shop/d"]);
  });

  it("sees that an object of the same name is another", () => {
    const copy = copyOf(object("a", "1", "old"));
    expect(put(copy, object("a", "1", "new"))).toMatchObject({ kind: "changed" });
  });
});

describe("readWatchEvent", () => {
  const line = (type: string, object: unknown) => readWatchEvent(JSON.stringify({ type, object }));

  it("reads changes and bookmarks", () => {
    expect(line("ADDED", object("a", "1"))).toMatchObject({ type: "put" });
    expect(line("MODIFIED", object("a", "1"))).toMatchObject({ type: "put" });
    expect(line("DELETED", object("a", "1"))).toMatchObject({ type: "removed" });
    expect(line("BOOKMARK", { metadata: { resourceVersion: "7" } })).toEqual({
      type: "bookmark",
      resourceVersion: "7",
    });
  });

  it("tells a lost place from other errors", () => {
    expect(line("ERROR", { code: 410, reason: "Expired", message: "too old" })).toEqual({ type: "gone" });
    expect(line("ERROR", { code: 500, message: "etcd" })).toEqual({ type: "error", message: "etcd" });
    expect(readWatchEvent('{"type":"ADD')).toMatchObject({ type: "error" });
  });
});
