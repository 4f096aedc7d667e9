import { describe, expect, test } from "vitest";
import { entries, sections } from "../commands.ts";
import { topics } from "../topics.ts";
import { commandHelp, groupHelp, overview } from "./help.ts";
import { commonOptions, type OptionSpec } from "./command.ts";
import { findCommand } from "./find-command.ts";
import { makeStyle } from "./output.ts";
import { readOptions } from "./read-options.ts";

const plain = makeStyle(false);

describe("help", () => {
  test("lists every command", () => {
    expect(overview(entries, sections, Object.keys(topics), plain)).toMatchSnapshot();
    const listed = new Set(sections.flatMap(({ names }) => names));
    expect(entries.filter(({ name }) => !listed.has(name.split(" ")[0]!))).toEqual([]);
  });

  test("lists what is below a group", () => {
    expect(groupHelp("environments", entries, plain)).toMatchSnapshot();
  });

  test.each(entries.map((entry) => [entry.name, entry] as const))("explains %s", async (_, entry) => {
    expect(commandHelp(entry, await entry.load(), plain)).toMatchSnapshot();
  });
});

describe.each(entries.map((entry) => [entry.name, entry] as const))("the command %s", (_, entry) => {
  test("has options that can be told apart", async () => {
    const specs: [string, OptionSpec][] = Object.entries({ ...(await entry.load()).options, ...commonOptions });
    const shorts = specs.flatMap(([, { short }]) => short ?? []);
    expect(new Set(shorts).size).toBe(shorts.length);
  });

  test("has examples that its own options read", async () => {
    const command = await entry.load();
    expect(command.examples.length).toBeGreaterThan(0);
    for (const { line } of command.examples) {
      const words = (/berth ([^|)<>]*)/.exec(line)?.[1]?.match(/"[^"]*"|[^"\s]+/g) ?? []).map((word) =>
        word.replaceAll('"', ""),
      );
      const asked = findCommand(entries, [], words);
      expect(asked).toMatchObject({ kind: "command", entry: { name: entry.name } });
      if (asked.kind === "command") readOptions(entry.name, command, asked.rest);
    }
  });
});
