import { BerthError, wholeContentBytes } from "@berth/core";
import type { SourceTree, TreeEntry } from "@berth/core";
import type { ChannelClient } from "./client.ts";
import type { BuildTask } from "./protocol.ts";

const mostCuts = 5;

/** The source of a build as its pod sees it: files come from the server as they are asked for. */
export function makeRemoteSource(
  { tree, entries }: Pick<BuildTask, "tree" | "entries">,
  client: Pick<ChannelClient, "source">,
): SourceTree {
  return {
    id: tree,
    list: async () => entries,
    async *contents(wanted) {
      let cuts = 0;
      for (let at = 0; at < wanted.length;) {
        try {
          const stream = makeSplitter(await client.source(wanted.slice(at).map(({ path }) => path)));
          for (const entry of wanted.slice(at)) {
            yield { entry, content: await contentOf(entry, stream) };
            at++;
          }
        } catch (error) {
          // Of a connection that was cut: what follows is asked for anew.
          if (error instanceof BerthError || ++cuts > mostCuts) throw error;
        }
      }
    },
    subtree: () => Promise.reject(new TypeError("a build has one tree")),
  };
}

type Splitter = ReturnType<typeof makeSplitter>;

async function contentOf({ sizeBytes }: TreeEntry, stream: Splitter): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
  if (sizeBytes > wholeContentBytes) return stream.take(sizeBytes);
  return Buffer.concat(await Array.fromAsync(stream.take(sizeBytes)));
}

/** Takes so many bytes after the other off a stream. */
function makeSplitter(chunks: AsyncIterable<Uint8Array>) {
  const iterator = chunks[Symbol.asyncIterator]();
  let left: Uint8Array = new Uint8Array();
  return {
    async *take(bytes: number): AsyncGenerator<Uint8Array> {
      for (let missing = bytes; missing > 0;) {
        if (left.length === 0) {
          const next = await iterator.next();
          if (next.done === true) throw new Error("the source ended before its last file did");
          left = next.value;
        }
        const part = left.subarray(0, missing);
        left = left.subarray(part.length);
        missing -= part.length;
        yield part;
      }
    },
  };
}
