import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { entries } from "./commands.ts";

const page = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");

it.each(entries.map(({ name }) => name))("has berth %s on its page of the documentation", (name) => {
  expect(page).toMatch(new RegExp(`\\bberth ${name}\\b`));
});
