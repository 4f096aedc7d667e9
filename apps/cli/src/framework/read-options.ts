import { didYouMean } from "@berth/core/light";
import {
  type ArgumentSpecs,
  type Command,
  type Input,
  type OptionSpec,
  optionsOf,
  type OptionSpecs,
  type OptionValue,
} from "./command.ts";
import { usageError } from "./usage-error.ts";

/** Reads `--name value`, `--name=value`, `-n value`, `-nvalue`, `-fn 20` and `--`. Throws `input.invalid` with what was probably meant. */
export function readOptions(name: string, command: Command, argv: readonly string[]): Input {
  const specs = optionsOf(command);
  const options: Record<string, OptionValue> = Object.fromEntries(
    Object.entries(specs).map(([option, spec]) => [option, unset(spec)]),
  );
  const words: string[] = [];
  const left = [...argv];

  function set(option: string, shown: string, given: string | undefined): void {
    const spec = specs[option]!;
    if (spec.value === undefined) {
      if (given !== undefined) throw usageError(`${shown} takes no value.`, `berth ${name} --help`);
      options[option] = true;
      return;
    }
    const value = given ?? left.shift();
    if (value === undefined) throw usageError(`${shown} needs a value: <${spec.value}>.`, `berth ${name} --help`);
    checkChoice(shown, value, spec.choices);
    const before = options[option];
    options[option] = Array.isArray(before) ? [...before, value] : value;
  }

  function long(word: string): void {
    const cut = word.indexOf("=");
    const option = word.slice(2, cut === -1 ? undefined : cut);
    if (!Object.hasOwn(specs, option)) throw unknownOption(name, `--${option}`, option, specs);
    set(option, `--${option}`, cut === -1 ? undefined : word.slice(cut + 1));
  }

  function short(word: string): void {
    for (let letters = word.slice(1); letters !== ""; letters = letters.slice(1)) {
      const found = Object.entries(specs).find(([, spec]) => spec.short === letters[0]);
      if (found === undefined) throw unknownOption(name, `-${letters[0]}`, letters, specs);
      const [option, { value }] = found;
      const attached = letters.slice(1).replace(/^=/, "");
      set(option, `-${letters[0]}`, value !== undefined && attached !== "" ? attached : undefined);
      if (value !== undefined) return;
    }
  }

  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === "--") words.push(...left.splice(0));
    else if (word.startsWith("--")) long(word);
    else if (word.startsWith("-") && word !== "-") short(word);
    else words.push(word);
  }
  const before = Object.values(command.arguments).filter(({ rest }) => rest !== true).length;
  const rest = words.slice(before);
  return { options, args: readArguments(name, command.arguments, words), words: rest };
}

function unset({ value, many }: OptionSpec): OptionValue {
  if (many === true) return [];
  return value === undefined ? false : undefined;
}

function readArguments(name: string, specs: ArgumentSpecs, words: string[]) {
  const args: Record<string, string | undefined> = {};
  for (const [argument, { about, required, choices, rest }] of Object.entries(specs)) {
    const value = rest === true && words.length > 0 ? words.splice(0).join(" ") : words.shift();
    if (value === undefined && required) {
      throw usageError(`berth ${name} needs <${argument}>: ${lowerFirst(about)}.`, `berth ${name} --help`);
    }
    if (value !== undefined) checkChoice(`<${argument}>`, value, choices);
    args[argument] = value;
  }
  const extra = words[0];
  if (extra === undefined) return args;
  throw usageError(`berth ${name} does not take ${JSON.stringify(extra)}.`, `berth ${name} --help`);
}

function checkChoice(shown: string, value: string, choices: readonly string[] | undefined): void {
  if (choices === undefined || choices.includes(value)) return;
  const near = didYouMean(value, choices);
  throw usageError(
    `${shown} cannot be ${JSON.stringify(value)}.`,
    near === null ? `It is one of ${choices.join(", ")}.` : `Did you mean ${near}?`,
  );
}

function unknownOption(name: string, shown: string, given: string, specs: OptionSpecs) {
  const near = didYouMean(given, Object.keys(specs));
  return usageError(
    `berth ${name} has no option ${shown}.`,
    near === null ? `berth ${name} --help` : `Did you mean --${near}?`,
  );
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
