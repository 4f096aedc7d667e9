import { type BerthError, toBerthError } from "@berth/core/errors";
import { makeStyle } from "../framework/output.ts";
import { safeText } from "../framework/safe-text.ts";
import { exitCodeOf } from "./exit-codes.ts";

/** Tells an error on the error output and returns the exit code for it. */
export function reportError(
  thrown: unknown,
  { json, colours, debug }: { json: boolean; colours: boolean; debug: boolean },
  write: (text: string) => void,
): number {
  const error = toBerthError(thrown);
  if (json) write(`${JSON.stringify({ error: problemOf(error) })}\n`);
  else write(`${safeText(errorText(error, colours), colours)}\n`);
  if (debug && error.stack !== undefined) write(`${error.stack}\n`);
  return exitCodeOf(error.code);
}

/** The members of the API's problems that say something here. */
function problemOf({ code, message, path, hint, details }: BerthError) {
  return {
    code,
    detail: message,
    ...(path !== undefined && { path }),
    ...(hint !== undefined && { hint }),
    ...(details.length > 0 && { errors: details.map((detail) => ({ detail })) }),
  };
}

export function errorText({ code, message, path, hint, details }: BerthError, colours: boolean): string {
  const style = makeStyle(colours);
  // A path that the sentence names already, or that names a field of the API, would not help.
  const where = path !== undefined && !message.includes(path) && /[/.]/.test(path) ? ` (${path})` : "";
  // One problem is told in the sentence already.
  const saysMore = details.length > 1 || !details[0]?.includes(message);
  const lines = [`${style.red("error:")} ${message}${where}`, ...(saysMore ? details.map((line) => `  ${line}`) : [])];
  if (hint !== undefined) lines.push(`${style.yellow("hint:")} ${hint}`);
  if (hint === undefined && code === "internal") {
    lines.push(`${style.yellow("hint:")} BERTH_DEBUG=1 shows where it came from.`);
  }
  return lines.join("\n");
}
