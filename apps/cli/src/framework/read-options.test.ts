import { describe, expect, test } from "vitest";
import { defineCommand } from "./command.ts";
import { readOptions } from "./read-options.ts";

const command = defineCommand({
  arguments: { version: { about: "The release", required: true }, note: { about: "A note", required: false } },
  options: {
    follow: { about: "Go on", short: "f" },
    lines: { about: "How many", short: "n", value: "count" },
    role: { about: "Who", value: "role", choices: ["viewer", "owner"] },
    path: { about: "What to ask for", value: "path", many: true },
  },
  examples: [],
  run: () => Promise.resolve({}),
});
const read = (...argv: string[]) => readOptions("example", command, argv);
const nothing = { follow: false, lines: undefined, role: undefined, path: [], app: undefined, server: undefined };

describe("reading options", () => {
  test("knows each way to write one", () => {
    const expected = { follow: true, lines: "20", json: false };
    expect(read("v1", "--follow", "--lines", "20").options).toMatchObject(expected);
    expect(read("-f", "--lines=20", "v1").options).toMatchObject(expected);
    expect(read("-fn", "20", "v1").options).toMatchObject(expected);
    expect(read("v1", "-fn20").options).toMatchObject(expected);
    expect(read("v1", "-n=20", "-f").options).toMatchObject(expected);
  });

  test("takes neither app nor server where a command speaks to a cluster itself", () => {
    const ofCluster = { ...command, isOfCluster: true as const };
    expect(readOptions("example", ofCluster, ["v1", "--json"]).options).toMatchObject({ json: true });
    expect(() => readOptions("example", ofCluster, ["v1", "--server", "x"])).toThrow("no option --server");
  });

  test("gives every option a value", () => {
    expect(read("v1").options).toEqual({ ...nothing, json: false, help: false });
  });

  test("collects the values of one that may be given again", () => {
    expect(read("v1", "--path", "/a", "--path=/b").options).toMatchObject({ path: ["/a", "/b"] });
  });

  test("names arguments, and takes all as arguments behind --", () => {
    expect(read("v1").args).toEqual({ version: "v1", note: undefined });
    expect(read("v1", "--", "--lines").args).toEqual({ version: "v1", note: "--lines" });
    expect(read("-").args).toEqual({ version: "-", note: undefined });
  });

  test("takes an empty value and one that begins with a hyphen", () => {
    expect(read("v1", "--lines=").options).toMatchObject({ lines: "" });
    expect(read("v1", "--lines", "-1").options).toMatchObject({ lines: "-1" });
  });

  test.each([
    [["v1", "--folow"], "berth example has no option --folow.", "Did you mean --follow?"],
    [["v1", "--frobnicate"], "berth example has no option --frobnicate.", "berth example --help"],
    [["v1", "-x"], "berth example has no option -x.", "berth example --help"],
    [["v1", "--lines"], "--lines needs a value: <count>.", "berth example --help"],
    [["v1", "-n"], "-n needs a value: <count>.", "berth example --help"],
    [["v1", "--follow=yes"], "--follow takes no value.", "berth example --help"],
    [["v1", "--role", "ownr"], '--role cannot be "ownr".', "Did you mean owner?"],
    [["v1", "--role", "king"], '--role cannot be "king".', "It is one of viewer, owner."],
    [[], "berth example needs <version>: the release.", "berth example --help"],
    [["v1", "a", "b"], 'berth example does not take "b".', "berth example --help"],
    [["v1", "--constructor"], "berth example has no option --constructor.", "berth example --help"],
  ])("refuses %j with a hint", (argv, message, hint) => {
    expect(() => read(...argv)).toThrow(expect.objectContaining({ code: "input.invalid", message, hint }));
  });
});
