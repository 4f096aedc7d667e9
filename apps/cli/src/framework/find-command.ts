import { didYouMean } from "@berth/core/light";
import { commonOptions, type Entry, type OptionSpec } from "./command.ts";
import { usageError } from "./usage-error.ts";

/** What the words of a command line ask for. */
export type Asked =
  | { kind: "command"; entry: Entry; rest: readonly string[] }
  | { kind: "command-help"; entry: Entry }
  | { kind: "group-help"; group: string }
  | { kind: "overview" }
  | { kind: "topic"; topic: string }
  | { kind: "version" };

/**
 * Finds the command that the words name: the longest name that fits. Options that every command has may stand before it.
 * Throws `input.invalid` with what was probably meant.
 */
export function findCommand(
  entries: readonly Entry[],
  topics: readonly string[],
  argv: readonly string[],
  otherNames: Readonly<Record<string, string>> = {},
): Asked {
  const start = skipOptions(argv);
  const words = wordsFrom(argv, start);
  const wantsHelp = asksForHelp(argv);
  if (words.length === 0) {
    if (argv[0] === "--version" || argv[0] === "-V") return { kind: "version" };
    if (argv.length > 0 && !wantsHelp) throw usageError("No command was given.", "berth --help lists them all.");
    return { kind: "overview" };
  }
  if (words[0] === "help") return helpFor(entries, topics, words.slice(1));
  const found = longest(entries, words);
  const group = groupOf(entries, words[0]!);
  // A list that goes by its group's name takes no words: one more is a command of the group that is not there.
  const isOfGroup = group !== null && words.length > 1 && found?.words === 1;
  if (found !== undefined && !isOfGroup) {
    if (wantsHelp) return { kind: "command-help", entry: found.entry };
    const rest = [...argv.slice(0, start), ...argv.slice(start + found.words)];
    return { kind: "command", entry: found.entry, rest };
  }
  if (group !== null && words.length === 1) return { kind: "group-help", group };
  throw unknownCommand(entries, words, group, otherNames);
}

function helpFor(entries: readonly Entry[], topics: readonly string[], words: readonly string[]): Asked {
  if (words.length === 0) return { kind: "overview" };
  const found = longest(entries, words);
  if (found !== undefined && found.words === words.length) return { kind: "command-help", entry: found.entry };
  const group = groupOf(entries, words[0]!);
  if (group !== null && words.length === 1) return { kind: "group-help", group };
  const topic = topics.find((name) => name === words.join(" "));
  if (topic !== undefined) return { kind: "topic", topic };
  throw unknownCommand(entries, words, group);
}

function longest(entries: readonly Entry[], words: readonly string[]): { entry: Entry; words: number } | undefined {
  let best: { entry: Entry; words: number } | undefined;
  for (const entry of entries) {
    for (const name of [entry.name, ...entry.aliases]) {
      const parts = name.split(" ");
      if (parts.length > (best?.words ?? 0) && parts.every((part, index) => words[index] === part)) {
        best = { entry, words: parts.length };
      }
    }
  }
  return best;
}

/** The group's own name: `environments` for `env`. Null where no group is called so. */
function groupOf(entries: readonly Entry[], word: string): string | null {
  const entry = entries.find(({ name, aliases }) => [name, ...aliases].some((one) => one.startsWith(`${word} `)));
  return entry === undefined ? null : entry.name.split(" ")[0]!;
}

function skipOptions(argv: readonly string[]): number {
  let index = 0;
  while (argv[index]?.startsWith("-") === true && argv[index] !== "--") {
    index += takesValue(argv[index]!) ? 2 : 1;
  }
  return Math.min(index, argv.length);
}

function takesValue(word: string): boolean {
  return Object.entries<OptionSpec>(commonOptions).some(
    ([name, { short, value }]) => value !== undefined && (word === `--${name}` || word === `-${short}`),
  );
}

function wordsFrom(argv: readonly string[], start: number): readonly string[] {
  const end = argv.findIndex((word, index) => index >= start && word.startsWith("-"));
  return argv.slice(start, end === -1 ? argv.length : end);
}

function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return argv.slice(0, end === -1 ? argv.length : end).some((word) => word === "--help" || word === "-h");
}

function unknownCommand(
  entries: readonly Entry[],
  words: readonly string[],
  group: string | null,
  otherNames: Readonly<Record<string, string>> = {},
) {
  const names = entries.flatMap(({ name, aliases }) => [name, ...aliases]);
  const text = (group === null ? words.slice(0, 1) : words.slice(0, 2)).join(" ");
  const groups = [...new Set(names.map((name) => name.split(" ")[0]!))];
  const other = Object.hasOwn(otherNames, text) ? otherNames[text]! : null;
  const near =
    other ?? didYouMean(words.slice(0, 2).join(" "), names) ?? (group === null ? didYouMean(text, groups) : null);
  return usageError(
    `There is no command ${JSON.stringify(text)}.`,
    near === null ? `berth ${group === null ? "" : `${group} `}--help lists them all.` : `Did you mean: berth ${near}`,
  );
}
