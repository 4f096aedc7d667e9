import { describe, expect, test } from "vitest";
import { columns, count, cut, makeStyle, table, widthOf, wrap } from "./output.ts";

describe("columns", () => {
  test("are aligned, colours aside, without spaces at the end of a line", () => {
    const { red } = makeStyle(true);
    expect(
      columns([
        ["a", red("bb"), "c"],
        ["aaa", "b", ""],
      ]),
    ).toBe(`a    ${red("bb")}  c\naaa  b`);
  });

  test("let the last cell of a row be as long as it likes", () => {
    expect(columns([["a", "1"], ["a much longer remark"], ["b", "2"]])).toBe("a  1\na much longer remark\nb  2");
  });

  test("have headings in a table", () => {
    expect(table(["NAME", "URL"], [["shop", "http://…"]], makeStyle(false))).toBe("NAME  URL\nshop  http://…");
  });
});

describe("text", () => {
  test("has no colours where they are off", () => {
    const style = makeStyle(false);
    expect(style.bold(style.red("x")) + style.colour(7, "y")).toBe("xy");
  });

  test("has the same colour for the same number", () => {
    const style = makeStyle(true);
    expect(style.colour(1, "x")).toBe(style.colour(7, "x"));
    expect(style.colour(1, "x")).not.toBe(style.colour(2, "x"));
    expect(widthOf(style.colour(1, "xyz"))).toBe(3);
  });

  test("is cut to a width on one line", () => {
    expect(cut("Show prices\n  with tax", 100)).toBe("Show prices with tax");
    expect(cut("Show prices", 6)).toBe("Show …");
    expect(cut("Show", 0)).toBe("…");
  });

  test("is broken between words", () => {
    expect(wrap("one two three", 8)).toBe("one two\nthree");
    expect(wrap("unbreakable", 3)).toBe("unbreakable");
    expect(wrap("a unbreakable b", 3)).toBe("a\nunbreakable\nb");
  });

  test("counts in singular and plural", () => {
    expect([0, 1, 2].map((number) => count(number, "app"))).toEqual(["0 apps", "1 app", "2 apps"]);
  });
});
