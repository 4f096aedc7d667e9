import type { ExecOptions } from "@berth/core";
import { startedAtTerminal, startedQuietly } from "../../exec/inside.ts";
import { makeWrapper } from "../confine.ts";

export const setpriv = "/usr/bin/setpriv";
export const script = "/usr/bin/script";

/** What is known of this machine and of this process. */
export interface ExecPlace {
  /** /proc/self/status. */
  status: string;
  hasSetpriv: boolean;
}

/**
 * The command that starts a program beside an instance, as confined as the instance is. Where the server is killed, the kernel hangs up:
 * on the program itself, or on the one that holds its terminal, whose end hangs up on all that is at it.
 */
export function makeExecCommand(options: ExecOptions, { status, hasSetpriv }: ExecPlace): string[] {
  const { terminal } = options;
  const wrapper = makeWrapper(status);
  const givenUp = wrapper.slice(1, -1);
  const whenAlone = ["--pdeathsig", terminal === null ? "HUP" : "KILL"];
  const before = hasSetpriv ? [setpriv, ...givenUp, ...whenAlone, "--"] : [];
  if (terminal === null) return [...before, ...startedQuietly(options)];
  const command = startedAtTerminal({ ...options, terminal })
    .map(quoted)
    .join(" ");
  return [...before, script, "-qefc", `exec ${command}`, "/dev/null"];
}

/** As one word of a shell's command: `script` takes no list of words. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
