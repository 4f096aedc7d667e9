/** The sizes of what is used again: for pieces from 16 KiB, up to as much as is read at once. */
const sizes = [32, 64, 128].map((kibibytes) => kibibytes * 1024);
/** Of each size. More is only ever needed while many clients do not keep up. */
const mostKept = 16;

/** Copies of what was read, to be written, in memory that is used again and again: what is made anew each time is memory beside the heap, and makes the collector look through all of that. */
export class PieceCopies {
  readonly #free = sizes.map((): Buffer[] => []);

  /** Copies a piece, to memory that is to be given back once the copy was written. */
  take(piece: Buffer): Buffer {
    const place = sizes.findIndex((size) => piece.length <= size);
    if (place === -1) return Buffer.from(piece);
    const memory = this.#free[place]!.pop() ?? Buffer.allocUnsafeSlow(sizes[place]!);
    piece.copy(memory);
    return memory.subarray(0, piece.length);
  }

  /** Nothing reads this copy any more. */
  give({ buffer }: Buffer): void {
    const free = this.#free[sizes.indexOf(buffer.byteLength)];
    if (free !== undefined && free.length < mostKept) free.push(Buffer.from(buffer));
  }
}
