import { BerthError, type Log, type Random, toBerthError } from "@berth/core";

/**
 * What of a thrown value is told to the outside. What nobody foresaw may carry anything (paths, queries), so it goes to the log only,
 * under a reference that the answer names.
 */
export function tellError(thrown: unknown, deps: { log: Log; random: Random }, at: object): BerthError {
  const error = toBerthError(thrown);
  if (error.status < 500) return error;
  const reference = Buffer.from(deps.random.bytes(6)).toString("hex");
  deps.log.error({ ...at, reference, code: error.code, err: thrown }, error.message);
  if (error.code !== "internal") return error;
  return new BerthError("internal", "Berth ran into an error of its own.", {
    hint: `The server's log has it under the reference ${reference}.`,
  });
}
