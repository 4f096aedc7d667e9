import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { refusalReasons } from "./refusals.ts";

it("every reason is in the documentation, with what it means", () => {
  const page = readFileSync(new URL("../../../docs/http.md", import.meta.url), "utf8");
  const rows = Object.entries(refusalReasons).map(([reason, meaning]) => `| \`${reason}\` | ${meaning} |`);
  expect(page.slice(page.indexOf("| reason |")).split("\n").slice(2, -1)).toEqual(rows);
});
