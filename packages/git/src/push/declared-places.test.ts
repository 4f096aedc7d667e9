import { makeTestTree } from "@berth/core/testing";
import { expect, test } from "vitest";
import { readBranchPlaces } from "./declared-places.ts";

const yaml = "environments: { staging: main }\n";

test("the environments that berth.yaml names are read, or none", async () => {
  expect(await readBranchPlaces(makeTestTree({ "berth.yaml": yaml }))).toEqual({ staging: ["main"] });
  expect(await readBranchPlaces(makeTestTree({ "berth.yaml": "environments: [" }))).toEqual({});
  expect(await readBranchPlaces(makeTestTree({ "other.yaml": yaml }))).toEqual({});
});

test("what is too large to be a berth.yaml, or is a link, is not read", async () => {
  const large = makeTestTree({ "berth.yaml": Buffer.alloc(5 * 2 ** 20, `${yaml}#`) });
  const link = makeTestTree({
    "berth.yaml": { mode: "120000", content: Buffer.from("other.yaml") },
    "other.yaml": yaml,
  });
  for (const tree of [large, link]) {
    expect(await readBranchPlaces(tree)).toEqual({});
    expect(tree.asked).toEqual([]);
  }
});
