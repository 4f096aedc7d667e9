import { describe, expect, it } from "vitest";
import { useFresh } from "./fresh.ts";
import { ask, instances, run, until, untilReady, untilReason } from "./helpers.ts";
import type { RuntimeUnderTest } from "./runtime-under-test.ts";

/** Why an instance is not ready, in words of the developer whose code it is. */
export function describeReasons(open: () => Promise<RuntimeUnderTest>): void {
  describe("reasons", () => {
    const fresh = useFresh(open);
    const health = { path: "/healthz", timeoutMs: 1_000 };

    it("says that nothing answers on PORT", async () => {
      const workload = fresh.workload("worker.mjs", { health });
      await run(fresh.runtime, workload);
      expect(
        await untilReason(fresh.runtime, workload.id, /^it has not answered on PORT \d+: nothing listens/),
      ).toMatchObject({ state: "starting" });
    });

    it("says where it listens instead", async () => {
      const workload = fresh.workload("other-port.mjs", { health });
      await run(fresh.runtime, workload);
      expect(
        await untilReason(fresh.runtime, workload.id, /^it listens on \d+ instead of \$PORT \(\d+\)$/),
      ).toMatchObject({ state: "starting" });
    });

    it("says with what status it answers", async () => {
      const workload = fresh.workload("sick.mjs", { health });
      await run(fresh.runtime, workload);
      expect(await untilReason(fresh.runtime, workload.id, /^it answers 503 on \/healthz/)).toMatchObject({
        state: "starting",
      });
    });

    it("says that it accepts connections and does not answer", async () => {
      const workload = fresh.workload("mute.mjs", { health });
      await run(fresh.runtime, workload);
      expect(
        await untilReason(
          fresh.runtime,
          workload.id,
          /^it accepts connections on PORT \d+ but has not answered \/healthz/,
        ),
      ).toMatchObject({ state: "starting" });
    });

    it("says with what code it exited", async () => {
      const workload = fresh.workload("exits.mjs");
      await run(fresh.runtime, workload);
      expect(
        await untilReason(fresh.runtime, workload.id, /^it exited with code 3 right after its start$/),
      ).toMatchObject({ state: "exited" });
    });

    it("says by what signal it was killed", async () => {
      // A signal that a program sends itself does not end it where it is the first process, as in many a container.
      const workload = fresh.workload("", { command: { argv: ["node", "--stack-size=1000000", "segfault.mjs"] } });
      await run(fresh.runtime, workload);
      expect(await untilReason(fresh.runtime, workload.id, /^it was killed by SIGSEGV/)).toMatchObject({
        state: "exited",
      });
    });

    it("names a command that is not there", async () => {
      const workload = fresh.workload("", { command: { argv: ["no-such-command", "--port"] } });
      await run(fresh.runtime, workload);
      expect(
        await untilReason(fresh.runtime, workload.id, /the command "no-such-command" was not found/),
      ).toMatchObject({ state: "exited" });
    });

    it("names what a shell's exit code means", async () => {
      const workload = fresh.workload("", { command: { shell: "no-such-command && true" } });
      await run(fresh.runtime, workload);
      expect(
        await untilReason(fresh.runtime, workload.id, /^it exited with code 127 \(command not found\) right after/),
      ).toMatchObject({ state: "exited" });
    });

    it("ends what uses more memory than it may, says so, and starts it again", async () => {
      const { runtime } = fresh;
      const workload = fresh.workload("hungry.mjs", { resources: { cpuMillis: 250, memoryBytes: 160 * 2 ** 20 } });
      await run(runtime, workload);
      await untilReady(runtime, workload.id);
      await until("memory was measured", async () => (await instances(runtime, workload.id))[0]?.memoryBytes);
      await ask(runtime, workload.id, "/eat");
      await untilReason(runtime, workload.id, /^it used more memory than its 160 MiB/);
      const [instance] = await until("it is ready again", async () => {
        const all = await instances(runtime, workload.id);
        return all[0]?.state === "ready" && all[0].restarts === 1 ? all : null;
      });
      expect(instance?.lastExit).toMatchObject({ outOfMemory: true });
    });
  });
}
