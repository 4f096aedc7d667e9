import { fork } from "node:child_process";
import { messageOf } from "../support/programs.ts";

export interface SocketsPlan {
  /** Only ever 127.0.0.1. */
  port: number;
  host: string;
  count: number;
}

export interface IdleSockets {
  /** How many of them were opened. */
  opened: number;
  /** Sends something over each, and resolves with how many gave it back. */
  ask(): Promise<number>;
  /** Ends them all. */
  close(): void;
}

/** Opens WebSockets from a process of its own. Resolves when each is open, or was refused. */
export async function openSockets(plan: SocketsPlan): Promise<IdleSockets> {
  const child = fork(new URL("./processes/sockets-client.ts", import.meta.url), [JSON.stringify(plan)], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const opened = Number(await messageOf(child));
  return {
    opened,
    async ask() {
      child.send("ask");
      return Number(await messageOf(child));
    },
    close: () => void child.kill(),
  };
}
