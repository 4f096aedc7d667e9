import { expect, test } from "vitest";
import { parseCommit } from "./commit.ts";

const tree = "a".repeat(40);
const head = `tree ${tree}\nparent ${"b".repeat(40)}\nauthor Ada L. <ada@example.org> 1 +0100\ncommitter C <c@d> 1 +0100\n`;

test.each([
  ["its first line", `${head}\nFix the cart\n\nauthor Not <me@x> 1\n`, "Fix the cart"],
  ["its first line of text", `${head}\n\n\n  Fix\r\n`, "Fix"],
  ["nothing where it is empty", `${head}\n`, ""],
  ["that of a signed commit", `${head}gpgsig -----BEGIN\n author x\n -----END\n\nSigned\n`, "Signed"],
])("a commit's message is %s", (_what, text, message) => {
  expect(parseCommit(Buffer.from(text))).toEqual({
    tree,
    parents: ["b".repeat(40)],
    message,
    author: "Ada L.",
  });
});

test("an author without a name is nobody", () => {
  expect(parseCommit(Buffer.from(`tree ${tree}\nauthor <a@b> 1 +0000\n\nx`)).author).toBeNull();
});

test("of an endless message, or author, the beginning is kept", () => {
  const text = `tree ${tree}\nauthor ${"A".repeat(9000)} <a@b> 1 +0000\n\n${"x".repeat(3 * 1024 * 1024)}`;
  const { message, author } = parseCommit(Buffer.from(text));
  expect([message, author]).toEqual(["x".repeat(500), "A".repeat(500)]);
});
