/** What goes to the worker. */
export interface Call {
  id: number;
  name: string;
  args: readonly unknown[];
}

/** An error on its way between threads, which keeps of an Error little more than the message. */
export interface SentError {
  message: string;
  /** A BerthError's code where `known`, else the system's (`ENOSPC`). */
  code: string | null;
  known: boolean;
  path: string | null;
  hint: string | null;
}

/** What comes back. */
export type Reply = { id: number; value: unknown } | { id: number; error: SentError };
