import { BerthError, hasCode } from "@berth/core";
import { addressText } from "./address.ts";
import type { EngineAddress } from "./address.ts";

/** What an engine answered instead of doing what it was asked. */
export interface Refusal {
  /** HTTP's: 404 where something is not there, 409 where it is in the way. */
  status: number;
  message: string;
}

/** The refusal in what was thrown by a call of an engine; null where it is something else. */
export function refusalOf(thrown: unknown): Refusal | null {
  if (!(thrown instanceof Error) || !("statusCode" in thrown) || typeof thrown.statusCode !== "number") return null;
  const json = "json" in thrown && typeof thrown.json === "object" && thrown.json !== null ? thrown.json : {};
  const told = "message" in json && typeof json.message === "string" ? json.message : null;
  return { status: thrown.statusCode, message: (told ?? withoutStatus(thrown.message)).trim() };
}

export function isRefusal(thrown: unknown, status: number): boolean {
  return refusalOf(thrown)?.status === status;
}

/** What was thrown by a call, as `engine.unreachable` where the engine did not answer; a refusal stays as it is. */
export function toEngineError(thrown: unknown, address: EngineAddress): unknown {
  if (thrown instanceof BerthError || refusalOf(thrown) !== null) return thrown;
  return unreachable(address, thrown);
}

export function unreachable(address: EngineAddress, cause?: unknown): BerthError {
  const where = addressText(address);
  return new BerthError("engine.unreachable", `The Docker engine at ${where} does not answer.`, {
    path: where,
    hint: hintFor(address, cause),
    ...(cause instanceof Error && { details: [cause.message], cause }),
  });
}

function hintFor(address: EngineAddress, cause: unknown): string {
  if (address.kind === "tcp") return "See that it runs and that DOCKER_HOST names its address.";
  if (hasCode(cause, "EACCES")) return "Berth's user may not open its socket: add it to the group docker.";
  if (hasCode(cause, "ENOENT")) return "Install Docker and start it, or say where its socket is with DOCKER_HOST.";
  return "Start it: systemctl start docker.";
}

/** The client's own texts begin with `(HTTP code 404) no such container - `. */
function withoutStatus(message: string): string {
  return message.replace(/^\(HTTP code \d+\) [^-]* - /, "");
}
