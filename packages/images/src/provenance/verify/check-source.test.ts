import { describe, expect, it } from "vitest";
import { makeStatement } from "../statement.ts";
import { testProvenance } from "../testing/provenance.ts";
import { checkSource } from "./check-source.ts";
import { firstDifference } from "./first-difference.ts";

const image = `sha256:${"1".repeat(64)}` as const;
const statement = makeStatement(testProvenance, { image, key: "k", sbom: null, signedLater: false });
const tree = "d".repeat(40);

describe("what was built", () => {
  it("is the tree of the release's commit, by any way to tell it", () => {
    const found = { commit: "c".repeat(40), trees: ["e".repeat(40), tree] };
    expect(checkSource(statement, found)).toMatchObject({
      state: "ok",
      message: "tree dddddddddddd of commit ccccccc",
    });
  });

  it("may have been built first for another commit of the same tree", () => {
    const { state, message } = checkSource(statement, { commit: "f".repeat(40), trees: [tree] });
    expect({ state, message }).toEqual({
      state: "ok",
      message: "tree dddddddddddd of commit fffffff, first built for commit ccccccc",
    });
  });

  it("is not another tree, and both are told", () => {
    expect(checkSource(statement, { commit: "c".repeat(40), trees: ["e".repeat(40)] })).toEqual({
      check: "source",
      state: "failed",
      message: "the tree of commit ccccccc is eeeeeeeeeeee, what was built is dddddddddddd",
    });
  });

  it("cannot be told without the source: a commit has to be there, an older working tree need not", () => {
    expect(checkSource(statement, { missing: "gone", isExpected: false }).state).toBe("failed");
    expect(checkSource(statement, { missing: "gone", isExpected: true }).state).toBe("unchecked");
  });
});

describe("the first difference", () => {
  it("is told with its path and both values", () => {
    expect(firstDifference({ a: [1, { b: "x" }] }, { a: [1, { b: "y" }] })).toEqual({
      path: "a[1].b",
      a: '"x"',
      b: '"y"',
    });
    expect(firstDifference({ a: 1 }, {})).toEqual({ path: "a", a: "1", b: "nothing" });
    expect(firstDifference([1], [1, 2])).toEqual({ path: "[1]", a: "nothing", b: "2" });
    expect(firstDifference({ a: null }, { a: null })).toBeNull();
  });
});
