import { BerthError } from "@berth/core/errors";

/** The command line cannot be understood: `input.invalid`, which exits with 2. */
export function usageError(message: string, hint: string): BerthError {
  return new BerthError("input.invalid", message, { hint });
}
