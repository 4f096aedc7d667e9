import type { Context } from "../context.ts";

/** What completion offers for a value: names that the server knows, or files. */
export type Completes = "apps" | "environments" | "files" | "operations" | "services" | "versions";

/** An option of a command, as data. `value` is what its value is called in the help; without one it is a switch. */
export interface OptionSpec {
  about: string;
  short?: string;
  value?: string;
  /** The only values there are. */
  choices?: readonly string[];
  completes?: Completes;
  /** It may be given more than once, and each value counts. */
  many?: true;
}

export interface ArgumentSpec {
  about: string;
  required: boolean;
  choices?: readonly string[];
  completes?: Completes;
  /** Takes all the words that are left, as one text. */
  rest?: true;
}

export interface Example {
  line: string;
  about: string;
}

export type OptionSpecs = Record<string, OptionSpec>;
export type ArgumentSpecs = Record<string, ArgumentSpec>;
export type OptionValue = string | boolean | undefined | readonly string[];

/** What follows a command's name, read: its options with those that every command has, and its arguments by name. */
export interface Input {
  options: Record<string, OptionValue>;
  args: Record<string, string | undefined>;
  /** The words of an argument that takes all that are left, each as it was given. */
  words: readonly string[];
}

type ValueOf<Option> = Option extends { many: true }
  ? readonly string[]
  : Option extends { value: string }
    ? string | undefined
    : boolean;

/** The same with the names that a command declares. */
interface InputOf<Options, Arguments> {
  options: {
    readonly [Name in keyof Options]: ValueOf<Options[Name]>;
  };
  args: {
    readonly [Name in keyof Arguments]: Arguments[Name] extends { required: true } ? string : string | undefined;
  };
  words: readonly string[];
}

/** What a command has to say at its end: data for `--json`, text for a person (either may be nothing), and how it went. */
export interface Outcome {
  json?: unknown;
  text?: string;
  /** The text is for programs, too: where one reads it, it stays as it is; a terminal gets it made safe. */
  isExact?: true;
  /** 0 unless given. */
  exitCode?: number;
}

/** A command as data: what it takes, how it is explained, and what it does. Its name and summary are in the list of all commands. */
export interface Command {
  description?: string;
  /** By name, in their order. */
  arguments: ArgumentSpecs;
  options: OptionSpecs;
  /** It speaks to a cluster itself: there is no app and no server that it could be told of. */
  isOfCluster?: true;
  examples: readonly Example[];
  run(input: Input, context: Context): Promise<Outcome>;
}

/** A command whose `run` knows the types of the options and arguments that it declares. */
export function defineCommand<const Options extends OptionSpecs, const Arguments extends ArgumentSpecs>(
  command: Omit<Command, "options" | "arguments" | "run"> & {
    options: Options;
    arguments: Arguments;
    run(input: InputOf<Options, Arguments>, context: Context): Promise<Outcome>;
  },
): Command {
  // What is read by these declarations has these types; TypeScript cannot know that of data.
  return command as unknown as Command;
}

/** A command in the list of all: enough to find it and to print the overview, without loading it. */
export interface Entry {
  /** Such as `releases` or `apps list`. */
  name: string;
  /** Other names, which the overview leaves out. */
  aliases: readonly string[];
  summary: string;
  load(): Promise<Command>;
}

/** Options that every command has. */
export const commonOptions = {
  app: {
    about: "The app; otherwise that of the folder's git remote or berth.yaml",
    short: "a",
    value: "name",
    completes: "apps",
  },
  server: {
    about: "The server's address; otherwise that of the git remote or of the last login",
    value: "url",
  },
  json: { about: "Print JSON" },
  help: { about: "Explain the command", short: "h" },
} as const satisfies OptionSpecs;

/** All that a command takes: its own options and those that every command has. */
export function optionsOf({ options, isOfCluster }: Pick<Command, "options" | "isOfCluster">): OptionSpecs {
  const { app, server, ...others } = commonOptions;
  return isOfCluster === true ? { ...options, ...others } : { ...options, app, server, ...others };
}

/** For commands that concern one environment. */
export const environmentOption = {
  env: { about: "The environment (default production)", short: "e", value: "name", completes: "environments" },
} as const satisfies OptionSpecs;
