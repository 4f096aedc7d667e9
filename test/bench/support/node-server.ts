import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { freePort } from "./free-port.ts";
import { watchHost } from "./watch-host.ts";

/** Starts `node server.js` of a folder, and resolves when it answers with this text: what any platform has to wait for. */
export async function startAndStop(folder: string, text: string): Promise<number> {
  const port = await freePort();
  const start = performance.now();
  const child = spawn(process.execPath, ["server.js"], {
    cwd: folder,
    env: { PATH: process.env["PATH"], PORT: String(port), NODE_ENV: "production" },
    stdio: "ignore",
  });
  const watch = watchHost(port, "127.0.0.1", 1);
  try {
    return (await watch.sees(text)) - start;
  } finally {
    await watch.close();
    await end(child);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
