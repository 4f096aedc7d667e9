import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { makeMarkReader, signalsSession, startedByShell } from "./inside.ts";

function run([file = "", ...args]: readonly string[]): string {
  return execFileSync(file, args, { encoding: "utf8" });
}

const terminal = { columns: 80, rows: 24, term: "vt100" };

describe("a program that a shell starts", () => {
  it("gets its arguments as they are, in the process that was told", () => {
    const argv = ["sh", "-c", 'echo "$$"; printf "<%s>" "$@"', "sh", "a b", "$HOME", "'", ""];
    const output = run(startedByShell({ argv, terminal: null }));
    const [before, pid, rest] = output.split("\u001e");
    expect(before).toBe("");
    expect(rest).toBe(`${pid}\n<a b><$HOME><'><>`);
  });

  it("knows the terminal's kind where it has one", () => {
    const argv = ["sh", "-c", 'echo "$TERM"'];
    expect(run(startedByShell({ argv, terminal }))).toMatch(/vt100\n$/);
  });

  it("is ended after its time where it has one", () => {
    const argv = ["sh", "-c", "sleep 30"];
    expect(() => run(startedByShell({ argv, terminal: null, endAfterMs: 100 }))).toThrow(/SIGKILL|137|Command failed/);
    expect(run(startedByShell({ argv: ["echo", "a  b"], terminal: null, endAfterMs: 9_000 }))).toMatch(/a  b\n$/);
  });

  it("is signalled with what it has started, and nobody else is", () => {
    const script = `
      setsid sh -c 'sleep 60 & exec sleep 60' & session=$!
      sleep 0.3
      ${signalsSession("SESSION", "KILL")
        .map((word) => (word === "SESSION" ? '"$session"' : `'${word.replaceAll("'", `'\\''`)}'`))
        .join(" ")}
      sleep 0.1
      wait "$session"; sleep 0.1
      ps -o stat= -s "$session" | grep -v Z || echo none
    `;
    expect(run(["sh", "-c", script]).trim()).toBe("none");
  });
});

describe("a mark", () => {
  it("is waited for no longer than a starter needs: what comes without one is the program's, and is not kept", () => {
    const told: string[] = [];
    const reader = makeMarkReader((text) => told.push(text));
    const part = Buffer.alloc(3_000, "x");
    expect(reader.take(part).length).toBe(0);
    expect(reader.take(part).length).toBe(6_000);
    expect(reader.take(part)).toBe(part);
    expect([told, reader.told()]).toEqual([[""], ""]);
  });

  it("is taken out wherever its parts come", () => {
    for (const parts of [
      ["\u001e17\u001ehello"],
      ["\u001e1", "7\u001e", "hello"],
      ["\u001e", "17", "\u001ehe", "llo"],
    ]) {
      const told: string[] = [];
      const reader = makeMarkReader((text) => told.push(text));
      const left = parts.map((part) => Buffer.from(reader.take(Buffer.from(part))).toString()).join("");
      expect([left, told, reader.told()]).toEqual(["hello", ["17"], "17"]);
    }
  });
});
