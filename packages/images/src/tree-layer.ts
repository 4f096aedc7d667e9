import type { Digest, SourceTree, TreeEntry } from "@berth/core";
import type { Layer } from "./layer/entry.ts";
import type { ImagesWorker } from "./worker/client.ts";

/** So much content goes to the worker at once. */
const batchBytes = 2 << 20;
/** So many batches may be on their way: memory is bounded by these, however large the tree is. */
const batchesAhead = 2;

export interface TreeLayerSpec {
  source: SourceTree;
  /** The files of the source that it is to contain. */
  entries: readonly TreeEntry[];
  /** The folder of the image that they go to. */
  prefix: string;
  /** A layer that is likely to have much in common; null where there is none. */
  previous: Digest | null;
  signal: AbortSignal;
}

/** The layer of a source tree and how many files had to be read for it: only those that the previous layer lacks. */
export async function makeTreeLayer(
  worker: ImagesWorker,
  spec: TreeLayerSpec,
): Promise<{ layer: Layer; changed: number }> {
  const { entries, signal } = spec;
  signal.throwIfAborted();
  const files = entries.map(({ path, mode, oid }) => ({ path, mode, oid }));
  const begun = await worker.call("beginTree", [spec.prefix, files, spec.previous]);
  if (begun.done) return { layer: begun.layer, changed: 0 };
  const { draft, needed } = begun;
  try {
    const wanted = needed.flatMap((index) => entries[index] ?? []);
    await feed(worker, draft, wanted.length === 0 ? [] : spec.source.contents(wanted), signal);
    return { layer: await worker.call("endTree", [draft]), changed: needed.length };
  } catch (error) {
    await worker.call("abortTree", [draft]);
    throw error;
  }
}

async function feed(
  worker: ImagesWorker,
  draft: number,
  contents: AsyncIterable<{ content: Uint8Array }> | Iterable<{ content: Uint8Array }>,
  signal: AbortSignal,
): Promise<void> {
  const sent: Promise<Uint8Array<ArrayBuffer>>[] = [];
  /** Buffers that came back: the same few are filled again and again, for what is given away is freed late. */
  const free: Uint8Array<ArrayBuffer>[] = [];
  let batch: Uint8Array[] = [];
  let size = 0;
  const send = () => {
    if (batch.length === 0) return;
    // One buffer of its own, given away: a small Buffer is a part of a large one that would be copied whole.
    const returned = free.pop();
    const bytes = returned !== undefined && returned.length >= size ? returned : new Uint8Array(size);
    const lengths = batch.map((content) => content.length);
    let at = 0;
    for (const content of batch) {
      bytes.set(content, at);
      at += content.length;
    }
    const call = worker.call("feedTree", [draft, { lengths, bytes }], [bytes.buffer]);
    // It is awaited below; until then its failure is not an unhandled one.
    call.catch(() => {});
    sent.push(call);
    batch = [];
    size = 0;
  };
  for await (const { content } of contents) {
    signal.throwIfAborted();
    batch.push(content);
    size += content.length;
    if (size >= batchBytes) send();
    const oldest = sent.length > batchesAhead ? sent.shift() : undefined;
    if (oldest !== undefined) free.push(await oldest);
  }
  send();
  await Promise.all(sent);
}
