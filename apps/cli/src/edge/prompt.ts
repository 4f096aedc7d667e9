import { createInterface } from "node:readline";
import { Writable } from "node:stream";

export interface PromptStreams {
  input: NodeJS.ReadStream;
  /** Questions go to the error output: a program may read the other. */
  output: NodeJS.WriteStream;
  signal: AbortSignal;
}

/** Asks a question; resolves with the trimmed answer, empty where the input ended. Rejects with the signal's reason. */
export function ask({ input, output, signal }: PromptStreams, question: string): Promise<string> {
  return readAnswer(input, output, output, question, signal);
}

/** The same without showing what is typed. */
export async function askSecret({ input, output, signal }: PromptStreams, question: string): Promise<string> {
  output.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  try {
    return await readAnswer(input, nowhere, output, "", signal);
  } finally {
    output.write("\n");
  }
}

function readAnswer(
  input: NodeJS.ReadStream,
  echo: Writable,
  output: NodeJS.WriteStream,
  question: string,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    // readline reads the terminal key by key, which is also what keeps the terminal itself from showing them.
    const reader = createInterface({ input, output: echo, terminal: true, historySize: 0 });
    const stop = () => {
      // Closing also resolves, which then is too late.
      reject(signal.reason instanceof Error ? signal.reason : new Error("interrupted"));
      reader.close();
    };
    signal.addEventListener("abort", stop, { once: true });
    reader.on("SIGINT", () => {
      if (echo === output) output.write("\n");
      // Reading key by key keeps the terminal from sending it.
      process.kill(process.pid, "SIGINT");
    });
    reader.on("close", () => {
      signal.removeEventListener("abort", stop);
      resolve("");
    });
    reader.question(question, (answer) => {
      resolve(answer.trim());
      reader.close();
    });
  });
}
