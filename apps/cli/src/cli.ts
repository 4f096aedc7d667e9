import type { Context } from "./context.ts";
import { exitCodes } from "./edge/exit-codes.ts";
import type { Settings } from "./edge/settings.ts";
import { makeTerminal, type Streams } from "./edge/terminal.ts";
import type { Entry } from "./framework/command.ts";
import { type Asked, findCommand } from "./framework/find-command.ts";
import { entries, otherNames, sections } from "./commands.ts";
import { topics } from "./topics.ts";

export interface CliDeps {
  settings: Settings;
  streams: Streams;
  /** Aborts with Ctrl-C. */
  signal: AbortSignal;
  now(): number;
}

/** Does what a command line asks for and resolves with the exit code. Never rejects. */
export async function runCli(argv: readonly string[], deps: CliDeps): Promise<number> {
  const { settings, streams, signal } = deps;
  const terminal = makeTerminal(streams, settings.colours, signal);
  try {
    // Completion is asked with every key: it must not fail, and its words are not options of ours.
    if (argv[0] === "__complete") return await complete(argv.slice(1), deps);
    const asked = findCommand(entries, Object.keys(topics), argv, otherNames);
    if (asked.kind !== "command") {
      terminal.print(await explain(asked, terminal.style));
      return exitCodes.ok;
    }
    return await runCommand(asked.entry, asked.rest, deps, terminal);
  } catch (thrown) {
    if (signal.aborted) return exitCodes.interrupted;
    const { reportError } = await import("./edge/report-error.ts");
    const report = {
      json: argv.includes("--json"),
      colours: settings.colours ?? streams.errors.isTTY,
      debug: settings.debug,
    };
    return reportError(thrown, report, (text) => void streams.errors.write(text));
  }
}

async function runCommand(
  entry: Entry,
  argv: readonly string[],
  deps: CliDeps,
  terminal: Context["terminal"],
): Promise<number> {
  const [command, { readOptions }, { makeContext }] = await Promise.all([
    entry.load(),
    import("./framework/read-options.ts"),
    import("./make-context.ts"),
  ]);
  const input = readOptions(entry.name, command, argv);
  const context = makeContext({ ...deps, terminal }, input.options);
  const outcome = await command.run(input, context);
  if (context.json && outcome.json !== undefined) terminal.printJson(outcome.json);
  if (!context.json && outcome.text !== undefined && outcome.text !== "") {
    if (outcome.isExact && !terminal.isShown) terminal.streams.output.write(`${outcome.text}\n`);
    else terminal.print(outcome.text);
  }
  return deps.signal.aborted ? exitCodes.interrupted : (outcome.exitCode ?? exitCodes.ok);
}

async function explain(
  asked: Exclude<Asked, { kind: "command" }>,
  style: Context["terminal"]["style"],
): Promise<string> {
  if (asked.kind === "topic") return topics[asked.topic]!;
  if (asked.kind === "version") return (await import("./version.ts")).versionText;
  const help = await import("./framework/help.ts");
  if (asked.kind === "overview") return help.overview(entries, sections, Object.keys(topics), style);
  if (asked.kind === "group-help") return help.groupHelp(asked.group, entries, style);
  return help.commandHelp(asked.entry, await asked.entry.load(), style);
}

async function complete(words: readonly string[], deps: CliDeps): Promise<number> {
  const { completeWords } = await import("./completion/complete.ts");
  const lines = await completeWords(words, deps).catch(() => []);
  if (lines.length > 0) deps.streams.output.write(`${lines.join("\n")}\n`);
  return exitCodes.ok;
}
