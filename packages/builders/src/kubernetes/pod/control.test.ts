import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@berth/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStepsContainer } from "./control.ts";
import type { StepsContainer } from "./control.ts";
import { controlPath, loopScript } from "./loop.ts";
import { makeStepScript } from "./step-script.ts";

/** The first process of a PID namespace, as in a container: the loop kills all others. */
const isPossible = process.platform === "linux" && process.getuid?.() === 0;

describe.runIf(isPossible)("the container of the steps", () => {
  let folder: string;
  let steps: StepsContainer;
  let ended: Promise<number | null>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "berth-control-"));
    const script = loopScript.replaceAll(controlPath, folder);
    const child = spawn("unshare", ["-pf", "--kill-child", "--mount-proc", "sh", "-c", script], { stdio: "ignore" });
    ended = new Promise((resolve) => child.once("exit", resolve));
    steps = await openStepsContainer(folder, systemClock, AbortSignal.timeout(10_000));
  });
  afterEach(async () => {
    await steps.leave().catch(() => {});
    await ended;
    await rm(folder, { recursive: true });
  });

  async function run(...argv: string[]) {
    const script = makeStepScript({ argv, env: { PATH: process.env["PATH"] ?? "" }, cwd: "/" });
    let [out, err] = ["", ""];
    const end = await steps.run(
      script.replaceAll(controlPath, folder),
      (chunk) => (out += chunk.toString()),
      (chunk) => (err += chunk.toString()),
    );
    return { end, out, err };
  }

  it("runs one program after the other and tells what each prints, apart, and how it ends", async () => {
    expect(await run("sh", "-c", "echo out; echo err >&2; exit 3")).toEqual({
      end: { exitCode: 3, isMissing: false },
      out: "out\n",
      err: "err\n",
    });
    const lines = await run("seq", "20000");
    expect(lines.out.length).toBe(108_894);
    expect(lines.end).toEqual({ exitCode: 0, isMissing: false });
  });

  it("tells that a program is not there", async () => {
    expect((await run("no-such-program")).end).toEqual({ exitCode: 127, isMissing: true });
    expect((await run("true")).end).toEqual({ exitCode: 0, isMissing: false });
  });

  it("ends what a program leaves behind, in whatever session", async () => {
    await run("sh", "-c", "setsid sleep 1000 & sleep 1001 & true");
    expect((await run("sh", "-c", "ps ax | grep 'sleep 100[01]' | grep -v grep | wc -l")).out.trim()).toBe("0");
  });

  it("ends a program that is told to, and goes on with the next", async () => {
    const running = run("sh", "-c", "echo begun; sleep 1000");
    await new Promise((resolve) => setTimeout(resolve, 200));
    await steps.clean();
    expect(await running).toEqual({ end: null, out: "begun\n", err: "" });
    expect((await run("echo", "next")).out).toBe("next\n");
  });
});
