import { BerthError } from "@berth/core/errors";
import type { Context } from "./context.ts";
import { usageError } from "./framework/usage-error.ts";

/** Lets a person type a name before something is lost. Throws `conflict` where they do not, `input.invalid` where nobody is there to ask. */
export async function confirmByName(
  { terminal }: Pick<Context, "terminal">,
  { what, name, yes }: { what: string; name: string; yes: boolean },
): Promise<void> {
  if (yes) return;
  if (!terminal.canAsk) throw usageError(`Deleting ${name} needs a yes.`, "Add --yes to go on without being asked.");
  terminal.say(what);
  const answer = await terminal.ask(`Type ${name} to go on: `);
  if (answer !== name) throw new BerthError("conflict", `That was not ${name}: nothing was changed.`);
}

/** Asks a question that a plain return answers with no. */
export async function confirm({ terminal }: Pick<Context, "terminal">, question: string): Promise<boolean> {
  return /^y(es)?$/i.test(await terminal.ask(`${question} [y/N] `));
}
