import { BerthError, toBerthError } from "@berth/core";
import { isRefusal, refusalOf } from "@berth/docker";

/** What an engine refuses for reasons of its own, as an error a person can be told. */
export function toRuntimeError(error: unknown): BerthError {
  const refusal = refusalOf(error);
  if (refusal === null) return toBerthError(error);
  const isFull = /no available IPv4 addresses/i.test(refusal.message);
  return new BerthError("runtime.failed", "The Docker engine could not start an instance.", {
    hint: isFull
      ? "The network of an environment has room for 61 instances: scale something down."
      : "Its own words are below; docker info tells of the engine's state.",
    details: [refusal.message],
    cause: error,
  });
}

/** Whether an engine refuses a subnet because it, or its machine, uses it already. */
export function isOverlap(error: unknown): boolean {
  return /overlap|already in use/i.test(refusalOf(error)?.message ?? "");
}

/** Whether an engine refuses because something of this kind, such as an image, is not there. */
export function isMissing(error: unknown, what: string): boolean {
  return isRefusal(error, 404) && (refusalOf(error)?.message.toLowerCase().includes(what) ?? false);
}
