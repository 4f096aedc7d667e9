import { hintRules, noSuchVersion, unreachable } from "./hint-rules.ts";

export interface FailedStep {
  lines: readonly string[];
  exitCode: number | null;
  signal: string | null;
  /** Whether it had a network. */
  network: boolean;
  /** Where the tools are, such as `on this machine`. */
  where: string;
}

/** What to do about a step that failed, by what it printed last; null where nothing better than its own words is known. */
export function hintFor(failed: FailedStep): string | null {
  const { exitCode, signal, where } = failed;
  const text = failed.lines.join("\n");
  const rule = hintRules.find(({ pattern }) => pattern.test(text));
  if (rule?.pattern === unreachable && !failed.network) {
    return "This step has no network: what it needs has to come with the dependencies, or from a build variable.";
  }
  if (rule !== undefined) return rule.hint.replaceAll("{where}", where);
  if (signal === "SIGKILL" || exitCode === 137)
    return "It was killed from outside, most likely for lack of memory: give builds more, or let this one need less.";
  const missing = /(?:sh: \d+: |sh: (?:line \d+: )?)?([\w./@-]+): (?:command )?(?:not found|Permission denied)/.exec(
    text,
  )?.[1];
  if (exitCode === 127)
    return `${missing ?? "The command"} is not installed: add it to the dependencies of the app, or see that it is ${where}.`;
  return null;
}

/** Whether what was printed says that the registry has no such package, or not in this version. */
export function saysNoSuchVersion(lines: readonly string[]): boolean {
  return noSuchVersion.test(lines.join("\n"));
}

/** Whether what was printed says that the disk is full. */
export function saysDiskFull(lines: readonly string[]): boolean {
  return /ENOSPC|No space left on device|ERR_PNPM_ENOSPC|disk quota exceeded|EDQUOT/i.test(lines.join("\n"));
}

const mostLines = 40;
const manualStart = /^npm (error|ERR!) (Clean install a project|Install a package|Usage:)/;
const manualEnd = /^npm (error|ERR!) Run "npm help/;

/** Tells of each line, in order, whether it says something: the pages of its manual that npm prints after an error do not. */
export function makeTelling(): (line: string) => boolean {
  let inManual = false;
  return (line) => {
    if (manualStart.test(line)) inManual = true;
    const isManual = inManual;
    if (manualEnd.test(line)) inManual = false;
    return (
      !isManual && !/^npm (error|ERR!)( (Log files were not written|A complete log of this run).*)?\s*$/.test(line)
    );
  };
}

/** The last lines that say what went wrong, at most 40. */
export function lastLines(lines: readonly string[]): string[] {
  return lines.filter(makeTelling()).slice(-mostLines);
}
