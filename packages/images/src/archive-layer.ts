import { feedArchive } from "./feed.ts";
import type { Layer } from "./layer/entry.ts";
import type { ImagesWorker } from "./worker/client.ts";

/** A layer of a plain archive that is given as it is. Nothing in it is looked at, and nothing of it stays where giving it fails. */
export async function makeArchiveLayer(worker: ImagesWorker, chunks: AsyncIterable<Uint8Array>): Promise<Layer> {
  const draft = await worker.call("beginArchive", []);
  try {
    await feedArchive(worker, draft, chunks);
    return await worker.call("endArchive", [draft]);
  } catch (error) {
    await worker.call("abortArchive", [draft]);
    throw error;
  }
}
