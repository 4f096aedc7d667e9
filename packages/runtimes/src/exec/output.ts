import { makeChannel } from "@berth/core";
import type { ExecOutput } from "@berth/core";

/** Pieces of output that wait for a reader before the program does. */
const piecesAhead = 16;

/** What a program writes, on its way to one reader. */
export interface OutputWay extends AsyncIterable<ExecOutput> {
  /** Resolves when there is room for more. */
  write(stream: ExecOutput["stream"], data: Uint8Array): Promise<void>;
  /** Lets writers go, whose pieces are dropped from now on; the reader gets what was there before, and then the end. */
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
