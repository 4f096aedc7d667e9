import type { ExecExit, ExecOptions, ExecSession, IdentifiedWorkload, ObservedInstance } from "@berth/core";
import { createHash, randomInt } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { appFolder, makeTestWorkload, readTail, run, until, untilReady } from "./helpers.ts";
import type { RuntimeUnderTest } from "./runtime-under-test.ts";

const terminal = { columns: 100, rows: 30, term: "xterm-256color" };

/** Programs beside an instance: their input, output, terminal and end. */
export function describeExec(open: () => Promise<RuntimeUnderTest>): void {
  describe("exec", () => {
    // One instance for all: programs beside it leave it as it is, as the last test shows.
    let test: RuntimeUnderTest;
    let workload: IdentifiedWorkload;
    let instance: ObservedInstance;
    beforeAll(async () => {
      test = await open();
      const image = await test.makeImage(appFolder);
      workload = makeTestWorkload(image, "server.mjs", { env: { GREETING: "a b $HOME" } });
      await run(test.runtime, workload);
      [instance] = (await untilReady(test.runtime, workload.id)) as [ObservedInstance];
    });
    afterAll(() => test.dispose());

    const exec = async (argv: readonly string[], options: Partial<ExecOptions> = {}) =>
      follow(await test.runtime.exec(workload.id, instance.id, { argv, terminal: null, ...options }));

    it("runs a program with the instance's environment, and tells its outputs and exit code", async () => {
      const told = await exec(["sh", "-c", 'echo "$GREETING|$1"; echo "no" >&2; exit 7', "sh", "it's"]);
      expect(await told.exit).toEqual({ code: 7, message: null });
      expect([told.text("stdout"), told.text("stderr")]).toEqual(["a b $HOME|it's\n", "no\n"]);
      const inFolder = await exec(["node", "-e", "console.log(require('fs').existsSync('server.mjs'))"]);
      expect((await inFolder.exit).code).toBe(0);
      expect(inFolder.text("stdout")).toBe("true\n");
    });

    it("passes any bytes on, in both directions, up to their end", async () => {
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
      const told = await exec(["no-such-program"]);
      expect((await told.exit).code).toBe(127);
      expect(`${told.text("stderr")}${(await told.exit).message}`).toContain("not found");
    });

    it("gives a program a terminal of the size that the person's has, also when that changes", async () => {
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
      const told = await exec(["sh", "-c", "stty raw -echo; printf ready; exec head -c 300000"], { terminal });
      await until("it is ready", () => told.text("stdout").includes("ready"));
      await told.session.write(Buffer.alloc(300_000, "x"));
      expect((await told.exit).code).toBe(0);
      expect(told.text("stdout").length).toBe(300_005);
    });

    it("gives Ctrl-C to the program, and a shell where none is named", async () => {
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
      const nap = `4${randomInt(1_000_000)}`;
      const program = `trap 'echo hup >&2' HUP; (trap '' HUP; exec sleep ${nap}) & echo begun; while :; do sleep 0.1; done`;
      const told = await exec(["sh", "-c", program], { terminal: at });
      await until("it has begun", () => told.text("stdout").includes("begun"));
      await told.session.close();
      expect((await told.exit).code).not.toBe(0);
      const left = await exec(["sh", "-c", `grep -al '[s]leep.${nap}' /proc/[0-9]*/cmdline 2>/dev/null | wc -l`]);
      await left.exit;
      expect(Number(left.text("stdout"))).toBe(0);
    });

    it("makes a program wait that writes more than is read", async () => {
      const before = process.memoryUsage().rss;
      const options = { argv: ["sh", "-c", "exec cat /dev/zero"], terminal: null };
      const session = await test.runtime.exec(workload.id, instance.id, options);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(process.memoryUsage().rss - before).toBeLessThan(150 * 2 ** 20);
      await session.close();
    });

    it("says that there is no such instance, or workload", async () => {
      const options = { argv: ["true"], terminal: null };
      const { runtime } = test;
      await expect(runtime.exec("none", instance.id, options)).rejects.toMatchObject({ code: "workload.not-found" });
      await expect(runtime.exec(workload.id, "none", options)).rejects.toMatchObject({ code: "instance.not-found" });
    });

    it("leaves the instance and its log as they are", async () => {
      await (
        await exec(["echo", "aside"])
      ).exit;
      expect((await readTail(test.runtime, workload.id)).filter(({ text }) => text.includes("aside"))).toEqual([]);
      const [after] = await untilReady(test.runtime, workload.id);
      expect(after).toMatchObject({ id: instance.id, restarts: 0 });
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
