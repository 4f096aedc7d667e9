import { type ArgumentSpec, type Command, type Entry, type OptionSpec, optionsOf } from "../framework/command.ts";
import type { CliDeps } from "../cli.ts";
import { entries, sections } from "../commands.ts";
import { topics } from "../topics.ts";
import { candidatesFor } from "./candidates.ts";

/** Something that may come next, and what it is. */
export interface Candidate {
  word: string;
  about: string;
}

/**
 * The words that may stand where the last one is being typed, as lines `<word><tab><about>`; `:files` for the shell's own file names.
 * `words` is all behind `berth`, the last one perhaps empty. Names of apps and the like are asked of the server, within a second.
 */
export async function completeWords(words: readonly string[], deps: CliDeps): Promise<string[]> {
  const before = words.slice(0, -1);
  const typed = words.at(-1) ?? "";
  const found = (await candidates(before, typed, deps)).filter(
    ({ word }) => word.startsWith(typed) || word === ":files",
  );
  return found.map(({ word, about }) => (word === ":files" ? word : `${word}\t${about}`));
}

async function candidates(before: readonly string[], typed: string, deps: CliDeps): Promise<Candidate[]> {
  if (before[0] === "help") return wordsOfCommands(before.slice(1)).concat(named(Object.keys(topics)));
  const entry = longestEntry(before);
  const subcommands = typed.startsWith("-") ? [] : wordsOfCommands(before);
  if (entry === null)
    return subcommands.concat(before.length === 0 ? [{ word: "help", about: "Explain a command" }] : []);
  const command = await entry.load();
  const { options, value, argumentCount } = readBefore(command, before.slice(entry.name.split(" ").length));
  if (value !== null) return await ofSpec(value, options, deps);
  if (typed.startsWith("-")) return namedOptions(command);
  const argument = Object.values(command.arguments)[argumentCount];
  return subcommands.concat(argument === undefined ? [] : await ofSpec(argument, options, deps));
}

/** The next word of every command that begins with these. */
function wordsOfCommands(before: readonly string[]): Candidate[] {
  const next = new Map<string, string>();
  const titles = new Map(sections.flatMap(({ names, title }) => names.map((name) => [name, title])));
  for (const { name, aliases, summary } of entries) {
    for (const parts of [name, ...(before.length === 0 ? [] : aliases)].map((one) => one.split(" "))) {
      const word = parts[before.length];
      if (word === undefined || !before.every((one, index) => parts[index] === one)) continue;
      const isWhole = parts.length === before.length + 1;
      if (isWhole || !next.has(word)) next.set(word, isWhole ? summary : (titles.get(word) ?? summary));
    }
  }
  return [...next].map(([word, about]) => ({ word, about }));
}

function longestEntry(before: readonly string[]): Entry | null {
  const fits = (name: string) => name.split(" ").every((word, index) => before[index] === word);
  const found = entries.filter(({ name, aliases }) => [name, ...aliases].some(fits));
  return found.toSorted((a, b) => b.name.split(" ").length - a.name.split(" ").length)[0] ?? null;
}

/** What stands before the word: the options with their values, the option whose value is being typed, how many arguments there are. */
function readBefore(command: Command, words: readonly string[]) {
  const specs = optionsOf(command);
  const options: Record<string, string> = {};
  let value: OptionSpec | null = null;
  let name = "";
  let argumentCount = 0;
  for (const word of words) {
    if (value !== null) {
      options[name] = word;
      value = null;
      continue;
    }
    const found = Object.entries(specs).find(([option, { short }]) => word === `--${option}` || word === `-${short}`);
    if (found?.[1].value !== undefined) [name, value] = found;
    else if (!word.startsWith("-")) argumentCount += 1;
  }
  return { options, value, argumentCount };
}

function namedOptions(command: Command): Candidate[] {
  return Object.entries(optionsOf(command)).map(([name, { about }]) => ({ word: `--${name}`, about }));
}

async function ofSpec(
  { choices, completes }: OptionSpec | ArgumentSpec,
  options: Readonly<Record<string, string>>,
  deps: CliDeps,
): Promise<Candidate[]> {
  if (choices !== undefined) return named(choices);
  return completes === undefined ? [] : await candidatesFor(completes, options, deps);
}

function named(words: readonly string[]): Candidate[] {
  return words.map((word) => ({ word, about: "" }));
}
