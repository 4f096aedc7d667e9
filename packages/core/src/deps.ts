/** Time and randomness, handed in so that everything that decides can be tested at any moment. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
  /** `count` bytes from a cryptographic source. */
  bytes(count: number): Uint8Array;
}

/** Where a part writes what its operator should know. Shaped like pino, so that a pino logger fits. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** For what nobody listens to. */
export const quietLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
