import { makeChannel } from "@berth/core";
import type { ExecOutput } from "@berth/core";

/** Pieces of output that wait for a reader before the program does. */
const piecesAhead = 16;

/** What a program writes, on its way to one reader. */
export interface OutputWay extends AsyncIterable<ExecOutput> {
  /** Resolves when there is room for more. */
  write(stream: ExecOutput["stream"], data: Uint8Array): Promise<void>;
  end(): void;
}

export function makeOutputWay(): OutputWay {
  const channel = makeChannel<ExecOutput>(piecesAhead);
  return {
    write: (stream, data) => (data.length === 0 ? Promise.resolve() : channel.write({ stream, data })),
    end: () => channel.end(),
    async *[Symbol.asyncIterator]() {
      for await (const pieces of channel) yield* pieces;
    },
  };
}

/** Takes what is left of an output that nobody reads any more. */
export async function drain(output: AsyncIterable<unknown>): Promise<void> {
  for await (const piece of output) void piece;
}
