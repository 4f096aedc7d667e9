import { BerthError, type ErrorCode, errorStatus } from "@berth/core/errors";
import { describe, expect, test } from "vitest";
import { exitCodeOf } from "./exit-codes.ts";
import { reportError } from "./report-error.ts";

function report(thrown: unknown, options: Partial<{ json: boolean; colours: boolean; debug: boolean }> = {}) {
  let text = "";
  const code = reportError(thrown, { json: false, colours: false, debug: false, ...options }, (more) => (text += more));
  return { text, code };
}

describe("an error", () => {
  const failure = new BerthError("build.failed", "web: npm run build failed.", {
    path: "build",
    details: ["sh: vite: not found", "\u001b[2Jexit code 127"],
    hint: "Add vite to the dependencies.",
  });

  test("says what is wrong, the lines that help, and what to do", () => {
    expect(report(failure)).toEqual({
      code: 1,
      text: "error: web: npm run build failed.\n  sh: vite: not found\n  \\x1b[2Jexit code 127\nhint: Add vite to the dependencies.\n",
    });
  });

  test("names a file that its sentence does not name", () => {
    const error = new BerthError("settings.invalid", "The file cannot be read.", { path: "/home/ada/x.json" });
    expect(report(error).text).toBe("error: The file cannot be read. (/home/ada/x.json)\n");
  });

  test("is one JSON object with --json", () => {
    const { text } = report(failure, { json: true });
    expect(text.split("\n")).toHaveLength(2);
    expect(JSON.parse(text)).toEqual({
      error: {
        code: "build.failed",
        detail: "web: npm run build failed.",
        path: "build",
        hint: "Add vite to the dependencies.",
        errors: [{ detail: "sh: vite: not found" }, { detail: "\u001b[2Jexit code 127" }],
      },
    });
  });

  test("that nobody expected says how to see where it came from", () => {
    expect(report(new TypeError("x is not a function")).text).toBe(
      "error: x is not a function\nhint: BERTH_DEBUG=1 shows where it came from.\n",
    );
    expect(report(new TypeError("boom"), { debug: true }).text).toContain("report-error.test.ts");
  });
});

describe("exit codes", () => {
  test("are 1 for what failed, and tell usage, rights, absence and an unreachable server apart", () => {
    const codes = Object.keys(errorStatus) as ErrorCode[];
    const table = Object.groupBy(codes, exitCodeOf);
    expect(table).toMatchSnapshot();
  });
});
