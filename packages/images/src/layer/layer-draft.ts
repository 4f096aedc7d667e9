import { rmSync } from "node:fs";
import type { Digest } from "@berth/core";
import { layerMediaTypes } from "./compression.ts";
import { Compressor } from "./compressor.ts";
import type { CompressorOptions } from "./compressor.ts";
import type { BlobWriter } from "./blob-writer.ts";
import type { LayerRecord } from "./record.ts";
import type { LayerWriter } from "./writer.ts";

/** A layer that is finished, with its files where they were made. */
export interface FinishedLayer {
  digest: Digest;
  record: LayerRecord;
  /** The path of the archive, which is closed. */
  archive: string;
  blob: BlobWriter;
}

/** A layer in the making: the archive that is written, and the blob that follows it. */
export class LayerDraft {
  readonly writer: LayerWriter;
  readonly #compressor: Compressor;
  readonly #compression: CompressorOptions["compression"];

  /** Takes a writer over, also where it fails. */
  constructor(writer: LayerWriter, options: Omit<CompressorOptions, "archiveFd">) {
    this.writer = writer;
    this.#compression = options.compression;
    try {
      this.#compressor = new Compressor({ ...options, archiveFd: writer.fd });
    } catch (error) {
      writer.close();
      rmSync(writer.path, { force: true });
      throw error;
    }
  }

  /** To be called after entries were added. */
  advance(): void {
    this.#compressor.advance(this.writer.entries, this.writer.writtenBytes);
  }

  /** Ends the layer, of which all entries are there. */
  async finish(): Promise<FinishedLayer> {
    const { diffId, archiveBytes } = this.writer.finish();
    this.advance();
    const { digest, sizeBytes, members } = await this.#compressor.finish(archiveBytes);
    this.writer.close();
    const mediaType = layerMediaTypes[this.#compression];
    const record = { mediaType, diffId, sizeBytes, archiveBytes, entries: this.writer.entries, members };
    return { digest, record, archive: this.writer.path, blob: this.#compressor.blob };
  }

  /** Removes what there is of it. */
  abort(): void {
    this.#compressor.abort();
    this.writer.close();
    rmSync(this.writer.path, { force: true });
    rmSync(this.#compressor.blob.path, { force: true });
  }
}
