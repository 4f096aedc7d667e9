import {
  BerthError,
  type ErrorCode,
  errorStatus,
  type OperationError,
  type OperationKind,
  toBerthError,
} from "@berth/core";

/** What an operation is left with that the next start takes up again. */
export function leftError(operation: string): OperationError {
  return operationError(
    new BerthError(
      "interrupted",
      "Berth stopped while a command was running; it is taken up again when Berth is back.",
      {
        hint: `berth operations show ${operation} tells how it went.`,
      },
    ),
  );
}

/** What an operation ends with that Berth did not see to its end. */
export function interruptedError(kind: OperationKind = "deploy"): OperationError {
  return operationError(
    new BerthError("superseded", "Berth stopped before this was finished; nothing that was live has changed.", {
      hint: kind === "deploy" ? "Push again." : "Ask for it again.",
    }),
  );
}

/** What a deploy ends with whose person has deployed to the same place again. */
export function supersededError(): OperationError {
  return operationError(
    new BerthError("superseded", "A newer deploy of yours has taken its place; nothing that was live has changed.", {
      hint: "See what became of the newer one.",
    }),
  );
}

/** What an operation ends with that somebody has ended. */
export function cancelledError(person: string): BerthError {
  return new BerthError("operation.cancelled", `${person} has ended it.`);
}

/** An operation's error as it was thrown, for what awaits the operation's end. */
export function errorOfOperation({ code, message, hint, lines, exitCode }: OperationError): BerthError {
  return new BerthError(code in errorStatus ? (code as ErrorCode) : "internal", message, {
    details: lines,
    exitCode,
    ...(hint !== null && { hint }),
  });
}

export function operationError(thrown: unknown): OperationError {
  const error = toBerthError(thrown);
  const { code, message, hint = null, details: lines, exitCode } = error;
  return { code, message, hint, lines, ...(exitCode !== undefined && { exitCode }) };
}
