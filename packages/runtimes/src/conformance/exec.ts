import type { ExecExit, ExecOptions, ExecSession } from "@berth/core";
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { useFresh } from "./fresh.ts";
import { readTail, run, until, untilReady } from "./helpers.ts";
import type { RuntimeUnderTest } from "./runtime-under-test.ts";

const terminal = { columns: 100, rows: 30, term: "xterm-256color" };

/** Programs beside an instance: their input, output, terminal and end. */
export function describeExec(open: () => Promise<RuntimeUnderTest>): void {
  describe("exec", () => {
    const fresh = useFresh(open);

    /** An instance that a program can be run beside. */
    async function runInstance(env: Record<string, string> = {}) {
      const { runtime } = fresh;
      const workload = fresh.workload("server.mjs", { env });
      await run(runtime, workload);
      const [instance] = await untilReady(runtime, workload.id);
      return async (argv: readonly string[], options: Partial<ExecOptions> = {}) =>
        follow(await runtime.exec(workload.id, instance!.id, { argv, terminal: null, ...options }));
    }

    it("runs a program with the instance's environment, and tells its outputs and exit code", async () => {
      const exec = await runInstance({ GREETING: "a b $HOME" });
      const told = await exec(["sh", "-c", 'echo "$GREETING|$1"; echo "no" >&2; exit 7', "sh", "it's"]);
      expect(await told.exit).toEqual({ code: 7, message: null });
      expect([told.text("stdout"), told.text("stderr")]).toEqual(["a b $HOME|it's\n", "no\n"]);
      const inFolder = await exec(["node", "-e", "console.log(require('fs').existsSync('server.mjs'))"]);
      expect((await inFolder.exit).code).toBe(0);
      expect(inFolder.text("stdout")).toBe("true\n");
    });

    it("passes any bytes on, in both directions, up to their end", async () => {
      const exec = await runInstance();
      const told = await exec(["cat"]);
      const sent = createHash("sha256");
      for (let index = 0; index < 48; index += 1) {
        const piece = Buffer.alloc(65_536, index);
        for (let at = 0; at < 256; at += 1) piece[at] = at;
        sent.update(piece);
        await told.session.write(piece);
      }
      told.session.endInput();
      expect(await told.exit).toEqual({ code: 0, message: null });
      expect(createHash("sha256").update(told.bytes("stdout")).digest("hex")).toBe(sent.digest("hex"));
    });

    it("says that there is no such program", async () => {
      const exec = await runInstance();
      const told = await exec(["no-such-program"]);
      expect((await told.exit).code).toBe(127);
      expect(`${told.text("stderr")}${(await told.exit).message}`).toContain("not found");
    });

    it("gives a program a terminal of the size that the person's has, also when that changes", async () => {
      const exec = await runInstance();
      const told = await exec(
        ["sh", "-c", 'test -t 0 && test -t 1 && echo "$TERM"; stty size; read line; echo "got $line"; stty size'],
        { terminal },
      );
      await until("it has told its size", () => told.text("stdout").includes("30 100"));
      expect(told.text("stdout")).toContain("xterm-256color");
      told.session.resize({ columns: 132, rows: 43 });
      // Its program is told by a signal, which nobody can see the arrival of.
      await new Promise((resolve) => setTimeout(resolve, 300));
      await told.session.write(Buffer.from("hello\r"));
      expect(await told.exit).toEqual({ code: 0, message: null });
      expect(told.text("stdout")).toContain("got hello");
      expect(told.text("stdout")).toContain("43 132");
    });

    it("takes much that is pasted into a terminal at once", async () => {
      const exec = await runInstance();
      const told = await exec(["sh", "-c", "stty raw -echo; printf ready; exec head -c 300000"], { terminal });
      await until("it is ready", () => told.text("stdout").includes("ready"));
      await told.session.write(Buffer.alloc(300_000, "x"));
      expect((await told.exit).code).toBe(0);
      expect(told.text("stdout").length).toBe(300_005);
    });

    it("gives Ctrl-C to the program, and a shell where none is named", async () => {
      const exec = await runInstance();
      const told = await exec([], { terminal });
      await told.session.write(Buffer.from("echo shell-$((40+2))\r"));
      await until("there is a shell", () => told.text("stdout").includes("shell-42"));
      await told.session.write(Buffer.from("sleep 1000; echo ended-$?\r"));
      await new Promise((resolve) => setTimeout(resolve, 500));
      await told.session.write(Buffer.from("\u0003"));
      await told.session.write(Buffer.from("echo after-$((1+1)); exit 5\r"));
      expect((await told.exit).code).toBe(5);
      expect(told.text("stdout")).toContain("after-2");
    });

    it.each([null, terminal])("hangs up on all that a program has started, with terminal: %j", async (at) => {
      const exec = await runInstance();
      const program = "trap 'echo hup >&2' HUP; (trap '' HUP; exec sleep 4321) & echo begun; while :; do sleep 0.1; done";
      const told = await exec(["sh", "-c", program], { terminal: at });
      await until("it has begun", () => told.text("stdout").includes("begun"));
      await told.session.close();
      expect((await told.exit).code).not.toBe(0);
      const left = await exec(["sh", "-c", "grep -al 'sleep.4321' /proc/[0-9]*/cmdline | wc -l; exit 0"]);
      await left.exit;
      // What looks for it has it in its own command line.
      expect(Number(left.text("stdout"))).toBeLessThanOrEqual(2);
    });

    it("makes a program wait that writes more than is read", async () => {
      const { runtime } = fresh;
      const workload = fresh.workload("server.mjs");
      await run(runtime, workload);
      const [instance] = await untilReady(runtime, workload.id);
      const before = process.memoryUsage().rss;
      const session = await runtime.exec(workload.id, instance!.id, {
        argv: ["sh", "-c", "exec cat /dev/zero"],
        terminal: null,
      });
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(process.memoryUsage().rss - before).toBeLessThan(150 * 2 ** 20);
      await session.close();
    });

    it("leaves the instance and its log as they are", async () => {
      const { runtime } = fresh;
      const workload = fresh.workload("server.mjs");
      await run(runtime, workload);
      const [instance] = await untilReady(runtime, workload.id);
      const session = await runtime.exec(workload.id, instance!.id, { argv: ["echo", "aside"], terminal: null });
      await follow(session).exit;
      expect((await readTail(runtime, workload.id)).filter(({ text }) => text.includes("aside"))).toEqual([]);
      const [after] = await untilReady(runtime, workload.id);
      expect(after).toMatchObject({ id: instance!.id, restarts: 0 });
    });

    it("says that there is no such instance, or workload", async () => {
      const { runtime } = fresh;
      const workload = fresh.workload("server.mjs");
      const options = { argv: ["true"], terminal: null };
      await expect(runtime.exec(workload.id, "none", options)).rejects.toMatchObject({ code: "workload.not-found" });
      await run(runtime, workload);
      await untilReady(runtime, workload.id);
      await expect(runtime.exec(workload.id, "none", options)).rejects.toMatchObject({ code: "instance.not-found" });
    });
  });
}

/** A session whose output is collected. */
function follow(session: ExecSession) {
  const output: { stream: string; data: Uint8Array }[] = [];
  const collected = (async () => {
    for await (const piece of session.output) output.push(piece);
  })();
  const bytes = (stream: string) =>
    Buffer.concat(output.filter((piece) => piece.stream === stream).map(({ data }) => data));
  return {
    session,
    bytes,
    text: (stream: string) => bytes(stream).toString(),
    exit: collected.then((): Promise<ExecExit> => session.exit),
  };
}
