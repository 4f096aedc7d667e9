import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { entries, otherNames } from "./commands.ts";

const page = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");

it.each(entries.map(({ name }) => name))("has berth %s on its page of the documentation", (name) => {
  expect(page).toMatch(new RegExp(`\\bberth ${name}\\b`));
});

it("sends other platforms' words to commands that there are", () => {
  const names = new Set(entries.flatMap(({ name, aliases }) => [name, ...aliases]));
  const commands = Object.values(otherNames).map((line) => line.replace(/ -.*/, ""));
  expect(commands.filter((name) => !names.has(name))).toEqual([]);
  expect(Object.keys(otherNames).filter((word) => names.has(word))).toEqual([]);
});
