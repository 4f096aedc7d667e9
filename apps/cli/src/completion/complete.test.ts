import { describe, expect, test } from "vitest";
import { readSettings } from "../edge/settings.ts";
import { completeWords } from "./complete.ts";

const settings = readSettings({ HOME: "/nonexistent", PATH: process.env["PATH"] }, "/", "linux");
const streams = { input: process.stdin, output: process.stdout, errors: process.stderr };
const deps = { settings, streams, signal: new AbortController().signal, now: () => 0 };
const complete = async (...words: string[]) =>
  (await completeWords(words, deps)).map((one) => one.split("\t")[0] ?? "");

describe("completing", () => {
  test("offers commands by what is typed", async () => {
    expect(await complete("rel")).toEqual(["releases"]);
    expect(await complete("")).toEqual(expect.arrayContaining(["deploy", "apps", "help"]));
    expect(await complete("nothing-like-this")).toEqual([]);
  });

  test("offers what comes below a group or its other name", async () => {
    expect(await complete("apps", "")).toEqual(["list", "create", "delete"]);
    expect(await complete("env", "d")).toEqual(["delete"]);
    expect(await complete("help", "tokens", "c")).toEqual(["create"]);
    expect(await complete("help", "exit")).toEqual(["exit-codes"]);
  });

  test("offers options with what they are for", async () => {
    expect(await complete("logs", "--f")).toEqual(["--follow"]);
    expect(await completeWords(["rollback", "v1", "--e"], deps)).toEqual([
      "--env\tThe environment (default production)",
    ]);
  });

  test("offers the values that an option or argument can have", async () => {
    expect(await complete("tokens", "create", "ada", "--role", "")).toEqual(["viewer", "deployer", "owner"]);
    expect(await complete("completion", "")).toEqual(["bash", "zsh", "fish"]);
    expect(await complete("deploy", "")).toEqual([":files"]);
  });

  test("rejects where the server would have to be asked and nobody is logged in", async () => {
    await expect(complete("--app", "rollback", "")).resolves.toEqual([]);
    await expect(complete("status", "--app", "")).rejects.toThrow("not logged in");
  });
});
