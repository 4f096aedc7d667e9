import { describe, expect, test } from "vitest";
import { entries, otherNames } from "../commands.ts";
import { findCommand } from "./find-command.ts";

const find = (...argv: string[]) => {
  const asked = findCommand(entries, ["exit-codes"], argv, otherNames);
  if (asked.kind === "command") return { run: asked.entry.name, rest: asked.rest };
  return asked.kind === "command-help" ? { help: asked.entry.name } : asked;
};

describe("finding a command", () => {
  test("takes the longest name that fits, and leaves the rest to it", () => {
    expect(find("releases")).toEqual({ run: "releases", rest: [] });
    expect(find("releases", "-n", "3")).toEqual({ run: "releases", rest: ["-n", "3"] });
    expect(find("releases", "show", "v3")).toEqual({ run: "releases show", rest: ["v3"] });
    expect(find("rollback", "v11", "--json")).toEqual({ run: "rollback", rest: ["v11", "--json"] });
  });

  test("knows other names", () => {
    expect(find("env", "list")).toEqual({ run: "environments list", rest: [] });
    expect(find("releases", "list")).toEqual({ run: "releases", rest: [] });
  });

  test("lets options that every command has stand before it", () => {
    expect(find("--app", "shop", "--json", "releases", "-n", "1")).toEqual({
      run: "releases",
      rest: ["--app", "shop", "--json", "-n", "1"],
    });
    expect(find("--server=localhost:4000", "whoami")).toEqual({ run: "whoami", rest: ["--server=localhost:4000"] });
  });

  test("explains wherever --help stands", () => {
    expect(find("releases", "show", "v3", "--help")).toEqual({ help: "releases show" });
    expect(find("-h", "logs")).toEqual({ help: "logs" });
    expect(find("help", "apps", "create")).toEqual({ help: "apps create" });
    expect(find()).toEqual({ kind: "overview" });
    expect(find("--help")).toEqual({ kind: "overview" });
    expect(find("help", "exit-codes")).toEqual({ kind: "topic", topic: "exit-codes" });
    expect(find("logs", "--", "--help")).toEqual({ run: "logs", rest: ["--", "--help"] });
  });

  test("shows what there is below a group", () => {
    expect(find("apps")).toEqual({ kind: "group-help", group: "apps" });
    expect(find("env", "--help")).toEqual({ kind: "group-help", group: "environments" });
    expect(find("help", "tokens")).toEqual({ kind: "group-help", group: "tokens" });
  });

  test("knows --version", () => {
    expect(find("--version")).toEqual({ kind: "version" });
  });

  test.each([
    [["releses"], "berth releases"],
    [["apps", "lst"], "berth apps list"],
    [["app"], "berth apps"],
    [["operation", "list"], "berth operations list"],
    [["help", "lgos"], "berth logs"],
    [["config", "get", "KEY"], "berth config list --reveal"],
    [["config", "sett", "KEY=1"], "berth config set"],
    [["secrets", "list"], "berth config"],
    [["env", "set", "KEY=1"], "berth config set"],
  ])("says what was probably meant by %s", (argv, meant) => {
    expect(() => find(...argv)).toThrow(expect.objectContaining({ hint: `Did you mean: ${meant}` }));
  });

  test("says where to look when nothing is near", () => {
    expect(() => find("frobnicate")).toThrow(
      expect.objectContaining({ code: "input.invalid", hint: "berth --help lists them all." }),
    );
    expect(() => find("apps", "frobnicate")).toThrow(
      expect.objectContaining({
        message: 'There is no command "apps frobnicate".',
        hint: "berth apps --help lists them all.",
      }),
    );
    expect(() => find("--json")).toThrow("No command was given.");
  });
});
