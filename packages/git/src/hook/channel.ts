import type { Duplex } from "node:stream";
import { bandPackets, flushPacket, makePacketReader, packet } from "../pkt-line.ts";
import { type Command, parseCommand } from "../push/commands.ts";

/** How much may wait for a pusher who does not read; lines beyond it are left out. */
const maxWaitingBytes = 1024 * 1024;
const reportBand = 1;
const progressBand = 2;

/** What became of one command: null is done, a text is why not. */
export interface CommandResult {
  ref: string;
  reason: string | null;
}

/** Shows a line to the pusher. Without effect once the pusher has gone. */
export type Tell = (line: string) => void;

/**
 * The server's end of the hook's socket: hands the commands of the push to `receive` and its results back to git.
 * `receive` runs to its end whatever becomes of the socket: a pusher that disconnects does not stop a deploy.
 */
export function serveHook(
  socket: Duplex,
  receive: (commands: readonly Command[], tell: Tell) => Promise<readonly CommandResult[]>,
): void {
  const read = makePacketReader();
  const commands: Command[] = [];
  let isComplete = false;
  let isSkipping = false;

  function tell(line: string) {
    if (!socket.writable) return;
    if (socket.writableLength > maxWaitingBytes) {
      if (!isSkipping) socket.write(bandPackets(progressBand, "… (output left out: the connection is too slow)\n"));
      isSkipping = true;
      return;
    }
    isSkipping = false;
    socket.write(bandPackets(progressBand, `${line}\n`));
  }

  async function answer() {
    const results = await receive(commands, tell);
    if (!socket.writable) return;
    const report = results.map(({ ref, reason }) => packet(reason === null ? `ok ${ref}` : `ng ${ref} ${reason}`));
    socket.end(Buffer.concat([bandPackets(reportBand, Buffer.concat([...report, flushPacket])), flushPacket]));
  }

  socket.on("data", (chunk: Buffer) => {
    if (isComplete) return;
    try {
      for (const payload of read(chunk)) {
        if (payload === null) isComplete = true;
        else commands.push(parseCommand(payload));
      }
    } catch {
      socket.destroy();
      return;
    }
    if (isComplete) answer().catch(() => socket.destroy());
  });
  socket.on("error", () => socket.destroy());
}
