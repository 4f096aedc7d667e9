/**
 * What an instance or a build step starts. Simple commands are argv (with `$VAR` and `${VAR}` expanded from the
 * instance's environment); what needs a shell is text for `sh -c`, run inside the instance or the step only, never by Berth itself.
 */
export type Command = { argv: string[] } | { shell: string };

/** Characters that mean something to a shell beyond words, quotes and variables. */
const shellSyntax = /[|&;<>()`*?[\]#~!{}\n\\]/;
const assignment = /^[A-Za-z_][A-Za-z0-9_]*=/;

/**
 * Reads a command line as a person writes it. Words, quotes and variables become argv;
 * anything that needs a shell (pipes, `&&`, globs, `$(…)`, assignments) stays text.
 */
export function commandFromText(text: string): Command {
  const trimmed = text.trim();
  const withoutVariables = trimmed.replace(/\$\{[A-Za-z_][A-Za-z0-9_]*\}/g, "$X");
  if (shellSyntax.test(withoutVariables) || assignment.test(trimmed)) return { shell: trimmed };
  const words = splitWords(trimmed);
  return words === null ? { shell: trimmed } : { argv: words };
}

/** The words of a line without shell syntax; null where quotes do not close or single quotes protect a `$`. */
function splitWords(text: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (const char of text) {
    if (quote !== null) {
      if (char === quote) quote = null;
      else if (quote === "'" && char === "$") return null;
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= "";
    } else if (char === " " || char === "\t") {
      if (word !== null) words.push(word);
      word = null;
    } else {
      word = (word ?? "") + char;
    }
  }
  if (quote !== null) return null;
  if (word !== null) words.push(word);
  return words.length === 0 ? null : words;
}

/** Replaces `$VAR` and `${VAR}` in each word by the environment's value, or by nothing where it is not set. */
export function expandArgv(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): string[] {
  return argv.map((word) =>
    word.replace(
      /\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g,
      (_, braced: string | undefined, plain: string | undefined) => env[(braced ?? plain)!] ?? "",
    ),
  );
}

/** The argv that starts a command with this environment: expanded words, or `sh -c text`. */
export function makeArgv(command: Command, env: Readonly<Record<string, string | undefined>>): string[] {
  return "argv" in command ? expandArgv(command.argv, env) : ["sh", "-c", command.shell];
}

/** The argv that starts a command beside an instance, where only a shell inside knows the variables that it names. */
export function argvBeside(command: Command): string[] {
  if ("shell" in command) return ["sh", "-c", command.shell];
  if (!command.argv.some((word) => word.includes("$"))) return command.argv;
  const quoted = command.argv.map((word) => `"${word.replace(/["`\\]|\$(?!\{?[A-Za-z_])/g, "\\$&")}"`);
  return ["sh", "-c", `exec ${quoted.join(" ")}`];
}

/** A command as a person would type it. */
export function commandText(command: Command): string {
  if ("shell" in command) return command.shell;
  return command.argv.map((word) => (/^[\w@%+=:,./$-]+$/.test(word) ? word : JSON.stringify(word))).join(" ");
}
