import { expect, test } from "vitest";
import { hasAncestor } from "./ancestry.ts";

/** Commits by name, each with its parents, as a reader has them. */
function makeReader(commits: Readonly<Record<string, readonly string[]>>) {
  const contentOf = (oid: string) => {
    const parents = (commits[oid] ?? []).map((parent) => `parent ${parent}\n`).join("");
    return Buffer.from(`tree ${"a".repeat(40)}\n${parents}author A <a@b> 1 +0000\n\nx`);
  };
  const reply = (oid: string) => ({ oid, type: "commit", size: 1, sizeBytes: 1, content: contentOf(oid) });
  return {
    info: async (oid: string) => (oid in commits ? reply(oid) : null),
    read: async (oid: string) => reply(oid),
  };
}

const reader = makeReader({ root: [], left: ["root"], right: ["root"], merge: ["left", "right"], cut: ["not here"] });

test.each([
  ["left", "left", true],
  ["left", "root", true],
  ["merge", "right", true],
  ["merge", "root", true],
  ["left", "right", false],
  ["root", "left", false],
  ["cut", "root", false],
])("%s brings %s along: %s", async (commit, ancestor, brings) => {
  expect(await hasAncestor(reader, commit, ancestor)).toBe(brings);
});

test("what is far below is not looked for", async () => {
  const chain = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`c${index + 1}`, [`c${index}`]]));
  expect(await hasAncestor(makeReader(chain), "c900", "c850")).toBe(true);
  expect(await hasAncestor(makeReader(chain), "c900", "c1")).toBe(false);
});
