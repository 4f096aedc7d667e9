import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";

/**
 * Makes this process the only keeper of its home: it listens on an abstract socket, which the kernel gives to one process
 * only and takes back when that ends, however it ends (unix(7)). A random part of its name keeps others from taking it by
 * chance or ahead of time; who has seen it (the kernel lists the names of sockets) could take it while no keeper runs.
 * False where another process has it.
 */
export function acquireLock(tokenFile: string): Promise<boolean> {
  const token = readToken(tokenFile);
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error) => ("code" in error && error.code === "EADDRINUSE" ? resolve(false) : reject(error)));
    server.listen({ path: `\0berth-keeper-${token}` }, () => resolve(true));
  });
}

/** The home's token; made once, also when two processes make it at the same moment. */
function readToken(file: string): string {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, randomBytes(16).toString("hex"), { mode: 0o600 });
  try {
    linkSync(mine, file);
  } catch {
    // There already; read below.
  } finally {
    rmSync(mine);
  }
  return readFileSync(file, "utf8");
}
