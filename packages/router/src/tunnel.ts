import { Socket } from "node:net";
import type { Duplex } from "node:stream";

/**
 * Joins two connections byte by byte, with back-pressure. A side that stops sending may still receive;
 * one that breaks takes the other with it. Calls `done` once both are closed.
 *
 * Tens of thousands may be open for hours, so that each keeps as little as it can: `pipe` would keep three times as much.
 */
export function joinSockets(client: Duplex, instance: Duplex, head: Buffer, done: () => void): void {
  let open = 2;
  const closed = () => {
    if (--open === 0) done();
  };
  for (const side of [client, instance]) prepare(side);
  if (head.length > 0) instance.write(head);
  passOn(client, instance, closed);
  passOn(instance, client, closed);
}

/** Passes on what comes from one side to the other. */
function passOn(from: Duplex, to: Duplex, closed: () => void): void {
  from.on("data", (chunk: Buffer) => {
    if (to.writable && !to.write(chunk)) from.pause();
  });
  to.on("drain", () => from.resume());
  from.on("end", () => to.end());
  from.on("close", () => {
    if (!from.readableEnded || !from.writableFinished) to.destroy();
    closed();
  });
  from.resume();
}

function prepare(side: Duplex): void {
  // Those who had it before have left listeners that keep all they knew.
  endWithErrors(side.removeAllListeners("error"));
  side.allowHalfOpen = true;
  if (!(side instanceof Socket)) return;
  side.setTimeout(0);
  side.setNoDelay(true);
  side.setKeepAlive(true, 60_000);
  side.ref();
}

/** Closes a connection at its first error. */
export function endWithErrors(side: Duplex): Duplex {
  return side.on("error", destroyItself);
}

/** One for all, as it needs nothing but its side. */
function destroyItself(this: Duplex): void {
  this.destroy();
}
