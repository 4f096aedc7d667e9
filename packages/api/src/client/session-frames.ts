/**
 * What a client and a server of a session say to each other over a WebSocket. Text messages are JSON, each with its `kind`; binary ones
 * are data, the first byte of which says what it belongs to.
 */
export const dataChannels = { stdin: 0, stdout: 1, stderr: 2 } as const;

/** Longer data goes in several messages. */
export const dataBytesAtMost = 65_536;
/** A side that hears nothing for so long takes the other for gone; the server says something three times as often. */
export const silenceMs = 45_000;

export interface TerminalSize {
  columns: number;
  rows: number;
}

/** The first message of a client is `start`, with what the route takes besides. */
export type FromSessionClient =
  | { kind: "start"; [name: string]: unknown }
  | ({ kind: "resize" } & TerminalSize)
  /** There is no more input. */
  | { kind: "end" };

export type FromSessionServer =
  /** It runs; with what the route tells of where. */
  | { kind: "started"; [name: string]: unknown }
  | { kind: "exit"; code: number; message: string | null }
  /** A problem as RFC 9457 writes it: nothing runs (any more). */
  | { kind: "error"; problem: unknown };

/** A message of data. */
export function makeData(channel: number, data: Uint8Array): Uint8Array {
  const message = new Uint8Array(data.length + 1);
  message[0] = channel;
  message.set(data, 1);
  return message;
}

/** Data in parts that fit into messages. */
export function* inParts(data: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < data.length; at += dataBytesAtMost) yield data.subarray(at, at + dataBytesAtMost);
}
