import { expect, test } from "vitest";
import { parseDotenv } from "./dotenv.ts";

test("a file with all there may be", () => {
  const text = `\uFEFF# of the shop
A=1
export B = two words   # a comment
C=
D="quoted # not a comment" # a comment
E='single \${NOT} \\n'
F="line one
line two\\nline three"
G=with#hash
H="a \\"b\\" \\\\ \\q \\\${X} \${A}"
  I=\`a "b" 'c'\`
J='-----BEGIN KEY-----
AB=
-----END KEY-----'
export  K="x"
L=# only a comment
A=again
M=a=b=c
N=don't`.replaceAll("\n", "\r\n");
  expect(parseDotenv(text)).toEqual({
    A: "again",
    B: "two words",
    C: "",
    D: "quoted # not a comment",
    E: "single $${NOT} \\n",
    F: "line one\nline two\nline three",
    G: "with#hash",
    H: 'a "b" \\ \\q $${X} ${A}',
    I: `a "b" 'c'`,
    J: "-----BEGIN KEY-----\nAB=\n-----END KEY-----",
    K: "x",
    L: "",
    M: "a=b=c",
    N: "don't",
  });
});

test.each(["", "\n\n", "# nothing"])("a file with nothing in it", (text) => {
  expect(parseDotenv(text)).toEqual({});
});

test.each([
  ["A=1\nSECRET", "Line 2 of the file cannot be read: expected KEY=value."],
  ["A: hunter2", "Line 1 of the file cannot be read: expected KEY=value."],
  ["A='x\ny'\n\nB=\"hunter2\nC=2", 'Line 4 of the file cannot be read: the " is not closed.'],
  ['A="x\ny" hunter2', 'Line 2 of the file cannot be read: something follows the closing ".'],
  ["A-B=1", "Line 1 of the file cannot be read: expected a name of letters, digits and _ before the =."],
  ["=1", "Line 1 of the file cannot be read: expected KEY=value."],
])("%j is refused with its line", (text, message) => {
  expect(() => parseDotenv(text)).toThrow(expect.objectContaining({ code: "input.invalid", message }));
});

test("a large file is read, and its lines are counted", () => {
  const lines = Array.from({ length: 50_000 }, (_, at) => `K${at}="a\nb"`);
  expect(Object.keys(parseDotenv(lines.join("\n")))).toHaveLength(50_000);
  expect(() => parseDotenv([...lines, "wrong"].join("\n"))).toThrow("Line 100001 of the file");
});
