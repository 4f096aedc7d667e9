import type { LogLine } from "@berth/core";
import { describe, expect, it } from "vitest";
import { useFresh } from "./fresh.ts";
import { ask, instances, originOf, readTail, run, until, untilLogged, untilReady } from "./helpers.ts";
import type { RuntimeUnderTest } from "./runtime-under-test.ts";

export function describeLogs(open: () => Promise<RuntimeUnderTest>): void {
  describe("logs", () => {
    const fresh = useFresh(open);

    it("keeps what an instance writes, with Berth's own lines, also after it has ended", async () => {
      const { runtime, test } = fresh;
      const workload = fresh.workload("server.mjs");
      await run(runtime, workload);
      const [instance] = await untilReady(runtime, workload.id);
      await ask(runtime, workload.id, "/exit?code=9").catch(() => {});
      await untilLogged(runtime, workload.id, "started again");
      const lines = await readTail(runtime, workload.id);
      const pause = test.restartsAtOnce ? [] : ["berth: restarting in n s"];
      expect(lines.map(({ stream, text }) => `${stream}: ${text.replace(/\d+ s/, "n s")}`)).toEqual(
        expect.arrayContaining(["stdout: listening", "berth: exited with code 9", ...pause]),
      );
      expect(lines[0]).toMatchObject({ stream: "berth", text: expect.stringMatching(/^started/) });
      expect(new Set(lines.map((line) => line.instance))).toEqual(new Set([instance!.id]));
      await untilReady(runtime, workload.id);
      await runtime.scale(workload.id, 0);
      await until("it has ended", async () => (await instances(runtime, workload.id)).length === 0);
      await untilLogged(runtime, workload.id, "saw SIGTERM");
    });

    it("gives the newest lines of all instances by time", async () => {
      const { runtime } = fresh;
      const workload = fresh.workload("server.mjs");
      await run(runtime, workload, 2);
      await untilReady(runtime, workload.id, 2);
      for (const { endpoint } of runtime.endpoints(workload.id)) {
        await fetch(`${originOf(endpoint)}/say?text=${endpoint.port}`);
        await untilLogged(runtime, workload.id, String(endpoint.port));
      }
      const all = await until("both have spoken", async () => {
        const lines = await readTail(runtime, workload.id);
        return lines.filter(({ stream }) => stream === "stdout").length === 4 ? lines : null;
      });
      expect(all.map(({ at }) => at)).toEqual(all.map(({ at }) => at).sort((a, b) => a - b));
      expect(new Set(all.map(({ instance }) => instance)).size).toBe(2);
      expect(await readTail(runtime, workload.id, 3)).toEqual(all.slice(-3));
      expect(await readTail(runtime, workload.id, 0)).toEqual([]);
    });

    it("follows new lines until it is told to stop", async () => {
      const { runtime } = fresh;
      const workload = fresh.workload("server.mjs");
      await run(runtime, workload);
      await untilReady(runtime, workload.id);
      await untilLogged(runtime, workload.id, "listening");
      const abort = new AbortController();
      const lines: LogLine[] = [];
      const following = (async () => {
        for await (const line of runtime.logs(workload.id, { tail: 1, follow: true, signal: abort.signal })) {
          lines.push(line);
        }
      })();
      await until("the last line came", () => lines.some(({ text }) => text === "listening"));
      await ask(runtime, workload.id, "/say?text=one");
      await until("the next came", () => lines.some(({ text }) => text === "one"));
      await runtime.scale(workload.id, 2);
      await until("a new instance's came", () => new Set(lines.map(({ instance }) => instance)).size === 2);
      abort.abort();
      await following;
      expect(lines.filter(({ text }) => text === "one").length).toBe(1);
    });

    it("makes any output safe: both streams, very long lines, bytes that are no text", async () => {
      const { runtime } = fresh;
      const workload = fresh.workload("noisy.mjs", { service: "worker", health: null });
      await run(runtime, workload);
      await untilLogged(runtime, workload.id, "red");
      await runtime.scale(workload.id, 0);
      await until("it has ended", async () => (await instances(runtime, workload.id)).length === 0);
      const lines = await readTail(runtime, workload.id);
      const { separatesStreams } = runtime.descriptor;
      const error = { stream: separatesStreams ? "stderr" : "stdout", text: "an error" };
      expect(lines).toContainEqual(expect.objectContaining(error));
      const isOutput = ({ stream, text }: LogLine) => stream === "stdout" && text !== error.text;
      const out = lines.filter(isOutput).map(({ text }) => text);
      expect(out[0]).toBe("plain");
      expect(out.slice(1, 4).map((text) => text.length)).toEqual([16_384, 16_384, 7_232]);
      expect(out.slice(4)).toEqual(["\ufffd\ufffd\ufffd\ufffd]\ufffdA", "\u001b[31mred\u001b[0m", "no end"]);
    });
  });
}
