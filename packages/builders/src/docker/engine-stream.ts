import type { Readable } from "node:stream";
import { hasCode } from "@berth/core";
import type { Engine } from "@berth/docker";

type Docker = Parameters<Parameters<Engine["ask"]>[0]>[0];

/**
 * Reads a stream that an engine answers with. That the stream breaks off is `engine.unreachable`; what reading it throws besides, such as a
 * full disk, stays what it is.
 */
export async function readFromEngine<T>(
  engine: Engine,
  open: (docker: Docker) => Promise<unknown>,
  read: (stream: Readable) => Promise<T>,
): Promise<T> {
  const stream = (await engine.ask(open)) as Readable;
  // It is told by whoever reads; one that nobody reads any more must not end the process.
  stream.on("error", () => {});
  try {
    return await read(stream);
  } catch (error) {
    throw await asEngineError(engine, error);
  } finally {
    stream.destroy();
  }
}

/** Gives an engine a stream. Where the stream itself cannot be made, it is that which is thrown. */
export async function giveToEngine<T>(
  engine: Engine,
  stream: Readable,
  give: (docker: Docker) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  let fault: Error | null = null;
  stream.once("error", (error: Error) => (fault = error));
  try {
    return await engine.ask(give);
  } catch (error) {
    signal.throwIfAborted();
    throw fault ?? error;
  } finally {
    stream.destroy();
  }
}

const brokenOff = ["ECONNRESET", "EPIPE", "ECONNREFUSED", "ERR_STREAM_PREMATURE_CLOSE"];

/** What was thrown while an answer was read, as the engine's where the connection broke. */
export async function asEngineError(engine: Engine, error: unknown): Promise<unknown> {
  const isBroken =
    brokenOff.some((code) => hasCode(error, code)) ||
    (error instanceof Error && /^(aborted|socket hang up|Unexpected end of data)$/.test(error.message));
  if (!isBroken) return error;
  return engine.ask(() => Promise.reject(error)).catch((explained: unknown) => explained);
}
