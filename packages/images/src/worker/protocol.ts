/** What goes to the worker. */
export interface Call {
  id: number;
  name: string;
  args: readonly unknown[];
}

/** An error on its way between threads, which keeps of an Error little more than the message. */
export interface SentError {
  message: string;
  /** The code of a problem, or the system's (`ENOSPC`). */
  code: string | null;
  /** What else a problem says; null for any other error. */
  problem: { path: string | null; hint: string } | null;
}

/** What comes back. */
export type Reply = { id: number; value: unknown } | { id: number; error: SentError };
