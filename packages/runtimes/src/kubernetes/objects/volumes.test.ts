import { expect, test } from "vitest";
import { makeVolumes } from "./volumes.ts";

test("without writable folders there is /tmp alone", () => {
  expect(makeVolumes([])).toEqual({
    volumes: [{ name: "tmp", emptyDir: { sizeLimit: "1Gi" } }],
    mounts: [{ name: "tmp", mountPath: "/tmp" }],
    fill: null,
  });
});

test("a folder inside another has no volume of its own, and its content is the other's", () => {
  const { mounts, fill } = makeVolumes([
    { path: "/app/a/b", hasContent: true },
    { path: "/app/a", hasContent: false },
    { path: "/app/ab", hasContent: false },
    { path: "/app/ab", hasContent: false },
    { path: "/tmp", hasContent: true },
  ]);
  expect(mounts.map(({ mountPath }) => mountPath)).toEqual(["/tmp", "/app/a", "/app/ab"]);
  expect(fill?.command?.slice(4)).toEqual(["/app/a", "/berth/fill/0"]);
});

test("volumes do not depend on the order of the folders", () => {
  const folders = ["/b", "/a", "/c"].map((path) => ({ path, hasContent: true }));
  expect(makeVolumes(folders)).toEqual(makeVolumes(folders.toReversed()));
});
