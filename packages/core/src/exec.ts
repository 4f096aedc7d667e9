/** The size of a terminal, in characters. */
export interface TerminalSize {
  columns: number;
  rows: number;
}

/** A terminal that a program gets: its size at the start, and what it understands, as in TERM. */
export interface ExecTerminal extends TerminalSize {
  term: string;
}

/** A program that is to run beside an instance: in its folder, with its environment, as its user. */
export interface ExecOptions {
  /** Empty: a shell. */
  argv: readonly string[];
  /** Null: pipes, and what it writes to its error output is told from the rest. */
  terminal: ExecTerminal | null;
  /** The runtime ends it after so long, where the server that should is not there any more, and where the image has a way to. Missing: never. */
  endAfterMs?: number;
}

export interface ExecOutput {
  stream: "stdout" | "stderr";
  data: Uint8Array;
}

/** How a program has ended. */
export interface ExecExit {
  /** As shells have it: 128 and the signal's number where a signal ended it, 127 where it was not found, 126 where it could not be started. */
  code: number;
  /** Why it could not be started, or is not heard of any more; null where it ran to its end. */
  message: string | null;
}

/** A program that runs beside an instance, or an instance of its own: whoever has it gives it input and takes its output. */
export interface ExecSession {
  /** In order, until it has ended. What nobody takes makes the program wait. For one reader. */
  output: AsyncIterable<ExecOutput>;
  /** Resolves when the program, or what leads to it, takes more. Never rejects: what has ended takes no input. */
  write(data: Uint8Array): Promise<void>;
  /** There is no more input. A terminal's has no end: there it has no effect. */
  endInput(): void;
  /** The terminal has another size. Without one it has no effect. */
  resize(size: TerminalSize): void;
  /** Resolves when it has ended; never rejects. */
  exit: Promise<ExecExit>;
  /** Hangs up: what still runs of it gets SIGHUP, and after a moment SIGKILL. Resolves when nothing is left that can be found. May be repeated. */
  close(): Promise<void>;
}
