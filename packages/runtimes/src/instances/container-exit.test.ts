import { describe, expect, it } from "vitest";
import { exitText } from "./exit-text.ts";
import { isFaultOfImage, makeExit, startFailure } from "./container-exit.ts";

const end = (changes: object = {}) => ({
  exitCode: 1,
  outOfMemory: false,
  at: Date.UTC(2026, 10, 23, 19, 13, 18, 179),
  error: "",
  ...changes,
});
const text = (changes: object, lines: string[] = []) => exitText(makeExit(end(changes), lines), 64 * 2 ** 20);

describe("how a container ended", () => {
  it("says when, and with what code or signal", () => {
    const at = Date.UTC(2026, 10, 23, 19, 13, 18, 179);
    const exit = { at, code: 3, signal: null, outOfMemory: false, failure: null };
    expect(makeExit(end({ exitCode: 3 }), ["cannot find the database"])).toEqual(exit);
    expect(makeExit(end({ exitCode: 139 }), [])).toMatchObject({ code: null, signal: "SIGSEGV" });
    expect(makeExit(end({ exitCode: 255 }), [])).toMatchObject({ code: 255, signal: null });
    expect(makeExit(end({ exitCode: 128, error: "no such file" }), [])).toMatchObject({ code: null, signal: null });
  });

  it.each([
    [{ exitCode: 137, outOfMemory: true }, [], "used more memory than its 64 MiB and was stopped"],
    [{ exitCode: 0, outOfMemory: true }, [], "exited with code 0"],
    [
      { exitCode: 127 },
      ["[FATAL tini (7)] exec serve failed: No such file or directory"],
      'could not be started: the command "serve" was not found',
    ],
    [
      { exitCode: 126 },
      ["[FATAL tini (7)] exec ./run failed: Permission denied"],
      'could not be started: "./run" is not executable',
    ],
    [
      { exitCode: 126 },
      ["[FATAL tini (7)] exec ./run failed: Exec format error"],
      'could not be started: "./run" was built for another kind of machine, or is a script without a first line that says what runs it',
    ],
    [
      { exitCode: 1 },
      ["Error: EROFS: read-only file system, open '/app/cache.txt'", "  code: 'EROFS'"],
      "exited with code 1: it may not write to /app/cache.txt, which is read-only",
    ],
    [
      { exitCode: 2 },
      ["mkdir: cannot create directory: Read-only file system"],
      "exited with code 2: it may not write to its folder, which is read-only",
    ],
    [
      { exitCode: 1 },
      ["Error: EROFS: read-only file system, mkdir 'uploads'", "  code: 'EROFS',", "  path: 'uploads'"],
      "exited with code 1: it may not write to uploads, which is read-only",
    ],
    [
      { exitCode: 1 },
      ["2026/11/23 21:04:05 open data/shop.db: read-only file system"],
      "exited with code 1: it may not write to data/shop.db, which is read-only",
    ],
  ])("%j after %j", (changes, lines, expected) => {
    expect(text(changes, lines)).toBe(expected);
  });

  it("tells what the engine says of a start without where in the engine it happened", () => {
    const missing =
      'failed to create shim: OCI runtime create failed: container_linux.go:380: starting container process caused: exec: "serve": executable file not found in $PATH: unknown';
    expect(isFaultOfImage(missing)).toBe(true);
    expect(startFailure(missing)).toBe('could not be started: the command "serve" was not found');
    const folder =
      'OCI runtime create failed: runc create failed: unable to start container process: chdir to cwd ("/app") failed: permission denied';
    expect(startFailure(folder)).toBe(
      'could not be started: unable to start container process: chdir to cwd ("/app") failed: permission denied',
    );
    expect(isFaultOfImage("no space left on device")).toBe(false);
  });
});
