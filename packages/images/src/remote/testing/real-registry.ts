import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { makeHome } from "../../testing/images.ts";

/** The account that the registry knows, and its password as htpasswd writes it (bcrypt). */
export const account = { user: "ada", password: "secret" };
const htpasswd = "ada:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n";

/** Whether the registry of the CNCF's distribution project is installed, as Debian calls it. */
export function hasRegistryProgram(): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, "docker-registry"), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A real registry of its own, which wants a password, on a free port; its host. It is gone when the test has ended. */
export async function startRealRegistry(): Promise<string> {
  const folder = await makeHome();
  await writeFile(join(folder, "htpasswd"), htpasswd);
  const config = {
    version: 0.1,
    log: { level: "info", formatter: "json" },
    storage: { filesystem: { rootdirectory: join(folder, "storage") }, delete: { enabled: true } },
    http: { addr: "127.0.0.1:0", secret: "of a test" },
    auth: { htpasswd: { realm: "test", path: join(folder, "htpasswd") } },
  };
  // JSON is YAML, too.
  await writeFile(join(folder, "config.yml"), JSON.stringify(config));
  const program = spawn("docker-registry", ["serve", join(folder, "config.yml")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise<void>((resolve) => program.on("close", () => resolve()));
  onTestFinished(async () => {
    program.kill("SIGKILL");
    await ended;
  });
  for await (const line of createInterface({ input: program.stderr })) {
    const host = /listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1];
    if (host === undefined) continue;
    program.stderr.resume();
    return host;
  }
  throw new Error("the registry ended before it listened");
}
