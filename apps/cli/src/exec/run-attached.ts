import { once } from "node:events";
import type { OpenedSession, SessionOptions } from "@berth/api/client";
import type { Streams, Terminal } from "../edge/terminal.ts";

export interface RunAttachedDeps {
  terminal: Pick<Terminal, "streams" | "say">;
  /** Aborts with a Ctrl-C that is not the program's. */
  signal: AbortSignal;
  /** What the terminal understands, as in TERM. */
  term: string | undefined;
}

export interface Attachment<Session extends OpenedSession> {
  /** Starts the program. */
  open(options: SessionOptions): Promise<Session>;
  /** What is said at a terminal before it begins. */
  greeting?: ((opened: Session) => string) | undefined;
  /** No terminal, also where there is one. */
  noTerminal: boolean;
  /** The program's input is at its end. */
  noInput: boolean;
}

const usualTerm = "xterm-256color";

/** Runs a program at the server with this terminal, or these pipes, as its own. Resolves when it has ended. */
export async function runAttached<Session extends OpenedSession>(
  { terminal, signal, term }: RunAttachedDeps,
  { open, greeting, noTerminal, noInput }: Attachment<Session>,
): Promise<{ code: number; message: string | null }> {
  const { streams } = terminal;
  const { input, output, errors } = streams;
  const hasTerminal = !noTerminal && !noInput && input.isTTY === true && output.isTTY === true;
  const opened = await open({
    ...(hasTerminal && { terminal: { ...sizeOf(output), term: knownTerm(term) } }),
    onOutput: (stream, data) => write(stream === "stderr" ? errors : output, data),
    signal,
  });
  if (hasTerminal && greeting !== undefined) terminal.say(greeting(opened));
  const resize = () => opened.resize(sizeOf(output));
  const send = (data: Buffer) => {
    input.pause();
    void opened.write(data).then(() => input.resume());
  };
  const end = () => opened.endInput();
  try {
    if (hasTerminal) {
      input.setRawMode(true);
      output.on("resize", resize);
    }
    if (noInput) end();
    else input.on("data", send).on("end", end);
    return await opened.ended;
  } finally {
    input.off("data", send).off("end", end);
    output.off("resize", resize);
    if (hasTerminal) input.setRawMode(false);
    // A terminal, or whoever is at the other end of a pipe, must not keep the command from ending.
    input.pause();
    input.unref?.();
  }
}

function sizeOf({ columns, rows }: Streams["output"]): { columns: number; rows: number } {
  return { columns: columns || 80, rows: rows || 24 };
}

function knownTerm(term: string | undefined): string {
  return term !== undefined && /^[\w.+-]{1,64}$/.test(term) ? term : usualTerm;
}

async function write(stream: NodeJS.WriteStream, data: Uint8Array): Promise<void> {
  if (!stream.write(data)) await once(stream, "drain");
}
