import type { ExecOptions, ExecTerminal, TerminalSize } from "@berth/core";

/** Around what the starter says of itself before anything of the program: no program begins with it, and no terminal changes it. */
const mark = "\u001e";

/** A shell where none was asked for by name; one that is there, the better one first. */
const chooseShell = '[ $# -gt 0 ] || set -- "$(command -v bash || command -v sh)"';

/**
 * What starts a program where only a shell inside can tell which process it becomes: that is what hangs up on it later. With a
 * terminal's kind as its first argument, empty without one. `telling` is what a shell makes of its own process.
 */
const starter = (telling: string, { before = "", limit = "" } = {}) =>
  [
    `printf '\\036%s\\036' "${telling}"`,
    before,
    '[ -z "$1" ] || export TERM="$1"',
    "shift",
    chooseShell,
    limit,
    'exec "$@"',
  ]
    .filter((line) => line !== "")
    .join("\n");

/** The command that starts a program in a container, by a shell that tells its process. */
export function startedByShell({ argv, terminal, endAfterMs }: ExecOptions): string[] {
  // Engines and clusters set it, too, and often only when the program has looked at it.
  const before = terminal === null ? "" : sizeSet(terminal);
  const limit = endAfterMs === undefined ? "" : limitedTo(endAfterMs);
  return ["sh", "-c", starter("$$", { before, limit }), "sh", terminal?.term ?? "", ...argv];
}

/** The same at a terminal that nobody has set up yet; it tells its process and the terminal's name. */
export function startedAtTerminal({ argv, terminal }: ExecOptions & { terminal: ExecTerminal }): string[] {
  const setUp = `stty sane 2>/dev/null; ${sizeSet(terminal)}`;
  return ["sh", "-c", starter("$$ $(tty)", { before: setUp }), "sh", terminal.term, ...argv];
}

/** By `timeout`, which is in all images but those without a shell's usual tools. */
function limitedTo(ms: number): string {
  return `! command -v timeout >/dev/null 2>&1 || set -- timeout -s KILL ${Math.ceil(ms / 1_000)} "$@"`;
}

function sizeSet({ columns, rows }: TerminalSize): string {
  return `stty cols ${columns} rows ${rows} 2>/dev/null`;
}

/** The same without a word, where whoever starts it knows its process. */
export function startedQuietly({ argv }: ExecOptions): string[] {
  return ["sh", "-c", `${chooseShell}\nexec "$@"`, "sh", ...argv];
}

/** Sends a signal to all processes of a session in a container, which all that a program starts belong to unless they leave it. */
export function signalsSession(session: string, signal: "HUP" | "KILL"): string[] {
  return ["sh", "-c", signaller, "sh", session, signal];
}

/** Reads /proc itself (proc_pid_stat(5)): images have no pkill. */
const signaller = `session=$1 signal=$2
for stat in /proc/[0-9]*/stat; do
  read -r line 2>/dev/null <"$stat" || continue
  set -- \${line##*) }
  [ "$4" = "$session" ] || continue
  pid=\${stat#/proc/}
  kill -s "$signal" "\${pid%/stat}" 2>/dev/null
done
exit 0`;

/** What a starter tells is shorter; more than this without a mark is of a shell that is none. */
const toldBytesAtMost = 4_096;

export interface MarkReader {
  /** Takes output, and gives what of it is the program's. */
  take(data: Uint8Array): Uint8Array;
  /** What the starter has told; null until it has, and empty where it never will. */
  told(): string | null;
}

/** Takes what a starter tells out of the output that it begins. */
export function makeMarkReader(onTold: (text: string) => void = () => {}): MarkReader {
  let begun = Buffer.alloc(0);
  let told: string | null = null;
  return {
    take(data) {
      if (told !== null) return data;
      begun = Buffer.concat([begun, data]);
      const first = begun.indexOf(mark);
      const last = begun.indexOf(mark, first + 1);
      // An image may have anything for a shell: what it writes must not be kept for ever.
      if (last === -1 && begun.length > toldBytesAtMost) {
        const all = begun;
        [told, begun] = ["", Buffer.alloc(0)];
        onTold(told);
        return all;
      }
      if (first === -1 || last === -1) return Buffer.alloc(0);
      told = begun.subarray(first + 1, last).toString();
      onTold(told);
      return Buffer.concat([begun.subarray(0, first), begun.subarray(last + 1)]);
    },
    told: () => told,
  };
}
