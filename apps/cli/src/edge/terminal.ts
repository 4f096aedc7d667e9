import { decodeText } from "../framework/decode-text.ts";
import { makeStyle, type Style } from "../framework/output.ts";
import { safeText } from "../framework/safe-text.ts";

/** Where a command talks to a person or a script. */
export interface Terminal {
  /** For the result, on standard output. */
  style: Style;
  /** As they are, for a program that has them to itself. */
  streams: Streams;
  /** Columns of the screen; very wide where there is none. */
  width: number;
  /** Whether a person reads the result, rather than a program. */
  isShown: boolean;
  /** Whether somebody is there to answer a question. */
  canAsk: boolean;
  /** A result, with a line feed after it. Made safe for terminals. */
  print(text: string): void;
  /** A value as one line of JSON. */
  printJson(value: unknown): void;
  /** What happens on the way, on the error output. Made safe for terminals. */
  say(text: string): void;
  /** Asks for a line. */
  ask(question: string): Promise<string>;
  /** Asks for a line that is not shown. */
  askSecret(question: string): Promise<string>;
  /** All that comes on the input. Throws `input.invalid` where that is no text. */
  readInput(): Promise<string>;
}

export interface Streams {
  input: NodeJS.ReadStream;
  output: NodeJS.WriteStream;
  errors: NodeJS.WriteStream;
}

export function makeTerminal(
  { input, output, errors }: Streams,
  colours: boolean | null,
  signal: AbortSignal,
): Terminal {
  const style = makeStyle(colours ?? output.isTTY);
  const showsColoursOnErrors = colours ?? errors.isTTY;
  const prompts = () => import("./prompt.ts");
  return {
    style,
    streams: { input, output, errors },
    width: output.isTTY ? output.columns : 10_000,
    isShown: output.isTTY,
    canAsk: input.isTTY && errors.isTTY,
    print: (text) => void output.write(`${safeText(text, style.isOn)}\n`),
    printJson: (value) => void output.write(`${JSON.stringify(value, null, 2)}\n`),
    say: (text) => void errors.write(`${safeText(text, showsColoursOnErrors)}\n`),
    ask: async (question) => (await prompts()).ask({ input, output: errors, signal }, question),
    askSecret: async (question) => (await prompts()).askSecret({ input, output: errors, signal }, question),
    async readInput() {
      const chunks: Buffer[] = [];
      for await (const chunk of input) chunks.push(Buffer.from(chunk));
      return decodeText(Buffer.concat(chunks), "The input");
    },
  };
}
