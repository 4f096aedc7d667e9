import { BerthError } from "./errors.ts";

/** `not-found` for a service that `place` ("What is live", "v3") has not; it names those that there are. `path` is where it was asked for. */
export function unknownService(place: string, name: string, names: readonly string[], path = "service"): BerthError {
  return new BerthError("not-found", `${place} has no service ${JSON.stringify(name)}.`, {
    path,
    hint: `It has ${names.join(", ")}.`,
  });
}
