import { type ArgumentSpec, type Command, type Entry, type OptionSpec, optionsOf } from "./command.ts";
import { columns, type Style, wrap } from "./output.ts";

/** Short enough for any terminal, and for the eye. */
const textWidth = 90;

/** Headings of the overview and the commands or groups below each. */
export interface Section {
  title: string;
  names: readonly string[];
}

/** The page for `berth --help`: every command with what it does. */
export function overview(
  entries: readonly Entry[],
  sections: readonly Section[],
  topics: readonly string[],
  style: Style,
) {
  const rows = sections.map(({ names }) =>
    entries
      .filter(({ name }) => names.includes(name.split(" ")[0]!))
      .map(({ name, summary }) => [`  ${name}`, summary] as const),
  );
  const aligned = columns(rows.flat()).split("\n");
  return [
    `${style.bold("Berth")}: git push, a URL, an instant rollback`,
    "",
    `${style.bold("Usage")}  berth <command> [options]`,
    ...sections.flatMap(({ title }, index) => ["", style.bold(title), ...aligned.splice(0, rows[index]!.length)]),
    "",
    "Every command takes --help (options and examples) and --json, and all that ask a server --app and --server.",
    `More: ${topics.map((topic) => `berth help ${topic}`).join(", ")}`,
  ].join("\n");
}

/** The page for `berth apps`: what there is below a group. */
export function groupHelp(group: string, entries: readonly Entry[], style: Style): string {
  const rows = entries
    .filter(({ name }) => name === group || name.startsWith(`${group} `))
    .map(({ name, summary }) => [`  berth ${name}`, summary]);
  return [style.bold(`berth ${group}`), "", columns(rows), "", "Each takes --help for its options and examples."].join(
    "\n",
  );
}

/** The page for one command. */
export function commandHelp(entry: Entry, command: Command, style: Style): string {
  const { description, arguments: args, examples } = command;
  const usage = ["berth", entry.name, ...Object.entries(args).map(argumentText), "[options]"].join(" ");
  const sections = [
    style.bold(entry.summary) + (description === undefined ? "" : `\n\n${wrap(description, textWidth)}`),
    section("Usage", [[`  ${usage}`]], style),
  ];
  if (Object.keys(args).length > 0) {
    const rows = Object.entries(args).map(([name, { about, choices }]) => [`  ${name}`, withChoices(about, choices)]);
    sections.push(section("Arguments", rows, style));
  }
  const rows = Object.entries<OptionSpec>(optionsOf(command)).map(([name, spec]) => [
    `  ${optionText(name, spec)}`,
    withChoices(spec.about, spec.choices),
  ]);
  sections.push(section("Options", rows, style));
  sections.push(
    section(
      "Examples",
      examples.map(({ line, about }) => [`  ${line}`, style.dim(about)]),
      style,
    ),
  );
  const others = entry.aliases.map((alias) => `berth ${alias}`);
  if (others.length > 0) sections.push(`Also: ${others.join(", ")}`);
  return sections.join("\n\n");
}

function argumentText([name, { required, rest }]: [string, ArgumentSpec]): string {
  const text = rest === true ? `${name}…` : name;
  return required ? `<${text}>` : `[${text}]`;
}

function optionText(name: string, { short, value }: OptionSpec): string {
  return `${short === undefined ? "    " : `-${short}, `}--${name}${value === undefined ? "" : ` <${value}>`}`;
}

function withChoices(about: string, choices: readonly string[] | undefined): string {
  return choices === undefined ? about : `${about}: ${choices.join(", ")}`;
}

function section(title: string, rows: readonly (readonly string[])[], style: Style): string {
  return `${style.bold(title)}\n${columns(rows)}`;
}
