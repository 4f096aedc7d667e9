import type { Readable } from "node:stream";
import type { Engine } from "@berth/docker";

/** A call of the engine's API for which the client has no method of its own. */
export interface DialOptions {
  method: string;
  /** Ends in `?` where there are options. */
  path: string;
  /** The query: objects become JSON. */
  options?: Readonly<Record<string, unknown>>;
  headers?: Record<string, string | string[]>;
  file?: Readable;
  /** The connection itself is the answer. */
  hijack?: boolean;
  /** The answer is a stream. */
  isStream?: boolean;
  abortSignal?: AbortSignal;
  statusCodes: Readonly<Record<number, true | string>>;
}

interface Modem {
  dial(options: DialOptions, done: (error: unknown, answer: unknown) => void): void;
}

/** Calls the engine's API, and gives what it answers. */
export function dial(engine: Engine, options: DialOptions): Promise<unknown> {
  return engine.ask((docker) => {
    const modem: Modem = docker.modem;
    return new Promise((resolve, reject) => {
      // oxlint-disable-next-line promise/prefer-await-to-callbacks -- the client's own form
      modem.dial(options, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  });
}
