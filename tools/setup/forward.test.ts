import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";

const forward = new URL("./forward.mjs", import.meta.url).href;

// Counts what it gets for as long as nothing more can be under way, then ends with a code that tells the count.
const counting = `
  let count = 0
  process.on("SIGINT", () => { if (++count === 1) setTimeout(() => process.exit(40 + count), 600) })
  setInterval(() => {}, 1000)
  console.log("ready")`;

/** Starts a parent in a group of its own that forwards to `child`, and waits until the child is up. */
async function startParent(child: string) {
  const program = `
    import { spawn } from "node:child_process"
    import { runForwarding } from ${JSON.stringify(forward)}
    const child = spawn(process.execPath, ["-e", ${JSON.stringify(child)}], { stdio: "inherit", detached: true })
    process.exitCode = await runForwarding(child)`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", program], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(parent.stdout, "data");
  return { pid: parent.pid ?? 0, ended: once(parent, "exit") };
}

test("a Ctrl-C, which a terminal sends to the whole group and npm once more, reaches the child once", async () => {
  const { pid, ended } = await startParent(counting);
  process.kill(-pid, "SIGINT");
  process.kill(pid, "SIGINT");
  expect(await ended).toEqual([41, null]);
});

test("the exit code is the child's", async () => {
  const { ended } = await startParent('console.log("ready"); process.exitCode = 7');
  expect(await ended).toEqual([7, null]);
});

test("a child that a signal ended gives 128 and its number", async () => {
  const { ended } = await startParent('console.log("ready"); process.kill(process.pid, "SIGKILL")');
  expect(await ended).toEqual([137, null]);
});
