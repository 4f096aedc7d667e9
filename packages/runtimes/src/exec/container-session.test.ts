import { systemClock } from "@berth/core";
import { expect, it } from "vitest";
import { type ContainerProgram, startContainerSession } from "./container-session.ts";

it("ends the output of a program that says something when it is hung up on", async () => {
  const hungUp = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  async function run({ argv, stdout, signal }: ContainerProgram) {
    if (argv.includes("HUP")) hungUp.resolve();
    if (stdout === undefined) return { exitCode: 0, message: null };
    await stdout(Buffer.from("\u001e17\u001ebegun"));
    await hungUp.promise;
    // A shell says two things at once: what it was asked to, and that its child was hung up on.
    for (const piece of ["hup\n", "Hangup\n"]) await stdout(Buffer.from(piece));
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    throw signal.reason;
  }
  const clock = { ...systemClock, sleep: () => systemClock.sleep(5) };
  const session = await startContainerSession({ run, clock }, { argv: ["sh"], terminal: null });
  let text = "";
  const read = (async () => {
    for await (const { data } of session.output) {
      text += Buffer.from(data).toString();
      begun.resolve();
    }
  })();
  await begun.promise;
  await new Promise(setImmediate);
  await session.close();
  await read;
  expect(text).toMatch(/^begun/);
  expect(await session.exit).toMatchObject({ code: 255 });
});
