import { Socket } from "node:net";
import type { Duplex } from "node:stream";

/**
 * Joins two connections byte by byte, with back-pressure. A side that stops sending may still receive;
 * one that breaks takes the other with it. Calls `done` once both are closed.
 */
export function joinSockets(client: Duplex, instance: Duplex, head: Buffer, done: () => void): void {
  let open = 2;
  const follow = (side: Duplex, other: Duplex) => {
    side.on("error", () => other.destroy());
    side.on("close", () => {
      if (!side.readableEnded || !side.writableFinished) other.destroy();
      if (--open === 0) done();
    });
  };
  follow(client, instance);
  follow(instance, client);
  for (const side of [client, instance]) prepare(side);
  if (head.length > 0) instance.write(head);
  client.pipe(instance);
  instance.pipe(client);
}

function prepare(side: Duplex): void {
  side.allowHalfOpen = true;
  if (!(side instanceof Socket)) return;
  side.setTimeout(0);
  side.setNoDelay(true);
  side.setKeepAlive(true, 60_000);
  side.ref();
}
