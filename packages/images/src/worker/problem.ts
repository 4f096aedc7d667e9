type ProblemCode = "image.corrupt" | "image.unfit" | "source.unsupported";

/**
 * An error of the worker that a person is told of; the thread that asked makes a BerthError of it. The worker imports types alone from core:
 * with core's schemas it would take five times as long to start.
 */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly path: string | null;
  readonly hint: string;

  constructor(code: Problem["code"], message: string, path: string | null, hint: string) {
    super(message);
    this.code = code;
    this.path = path;
    this.hint = hint;
  }
}

/** The system's code of an error (`ENOSPC`), or null. */
export function codeOf(error: unknown): string | null {
  const code: unknown = error instanceof Error && "code" in error ? error.code : null;
  return typeof code === "string" ? code : null;
}
