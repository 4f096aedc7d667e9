import type { SourceContent, TreeEntry } from "@berth/core";
import type { ImagesWorker } from "./worker/client.ts";

/** So much content goes to the worker at once. */
const batchBytes = 2 << 20;
/** So many batches may be on their way: memory is bounded by these, however large the tree and its files are. */
const batchesAhead = 2;

type Bytes = Uint8Array<ArrayBuffer>;
type Contents = Iterable<Content> | AsyncIterable<Content>;

interface Content {
  entry: TreeEntry;
  content: SourceContent;
}

/** Gives contents to a draft of the worker, no faster than it writes them: small ones joined, large ones in parts. */
export async function feed(
  worker: ImagesWorker,
  draft: number,
  contents: Contents,
  signal: AbortSignal,
): Promise<void> {
  const post = makePost();
  let batch: Uint8Array[] = [];
  let size = 0;

  function sendBatch(): void {
    if (batch.length === 0) return;
    // One buffer of its own, given away: a small Buffer is a part of a large one that would be copied whole.
    const bytes = post.buffer(size);
    const lengths = batch.map((content) => content.length);
    let at = 0;
    for (const content of batch) {
      bytes.set(content, at);
      at += content.length;
    }
    post.sent(worker.call("feedTree", [draft, { lengths, bytes }], [bytes.buffer]));
    batch = [];
    size = 0;
  }

  async function sendParts(chunks: AsyncIterable<Uint8Array>, sizeBytes: number): Promise<void> {
    for await (const { bytes, lengthBytes } of joined(chunks, () => post.buffer(batchBytes))) {
      signal.throwIfAborted();
      post.sent(worker.call("feedPart", [draft, { bytes, lengthBytes, sizeBytes }], [bytes.buffer]));
      if (post.isFull()) await post.oldestBack();
    }
  }

  for await (const { entry, content } of contents) {
    signal.throwIfAborted();
    if (content instanceof Uint8Array) {
      batch.push(content);
      size += content.length;
      if (size >= batchBytes) sendBatch();
    } else {
      sendBatch();
      await sendParts(content, entry.sizeBytes);
    }
    if (post.isFull()) await post.oldestBack();
  }
  sendBatch();
  await post.allBack();
}

/** Gives the bytes of an archive to the worker, no faster than it takes them, in parts that are full but for the last. */
export async function feedArchive(
  worker: ImagesWorker,
  draft: number,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  const post = makePost();
  for await (const { bytes, lengthBytes } of joined(chunks, () => post.buffer(batchBytes))) {
    post.sent(worker.call("feedArchive", [draft, bytes, lengthBytes], [bytes.buffer]));
    if (post.isFull()) await post.oldestBack();
  }
  await post.allBack();
}

/** The buffers that are with the worker, and those that came back: the same few are filled again and again, for what is given away is freed late. */
function makePost() {
  const away: Promise<Bytes>[] = [];
  const free: Bytes[] = [];
  return {
    /** An own buffer of at least this size. */
    buffer(sizeBytes: number): Bytes {
      const returned = free.pop();
      return returned !== undefined && returned.length >= sizeBytes ? returned : new Uint8Array(sizeBytes);
    },
    /** Takes note of a call that gives its buffer back. */
    sent(call: Promise<Bytes>): void {
      // It is awaited later; until then its failure is not an unhandled one.
      call.catch(() => {});
      away.push(call);
    },
    isFull: () => away.length > batchesAhead,
    async oldestBack(): Promise<void> {
      const oldest = away.shift();
      if (oldest !== undefined) free.push(await oldest);
    },
    async allBack(): Promise<void> {
      await Promise.all(away);
    },
  };
}

/** Chunks of any size as full buffers; the last one may have room left. */
async function* joined(chunks: AsyncIterable<Uint8Array>, buffer: () => Bytes) {
  let bytes = buffer();
  let lengthBytes = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length;) {
      const piece = chunk.subarray(at, at + bytes.length - lengthBytes);
      bytes.set(piece, lengthBytes);
      lengthBytes += piece.length;
      at += piece.length;
      if (lengthBytes < bytes.length) continue;
      yield { bytes, lengthBytes };
      bytes = buffer();
      lengthBytes = 0;
    }
  }
  if (lengthBytes > 0) yield { bytes, lengthBytes };
}
