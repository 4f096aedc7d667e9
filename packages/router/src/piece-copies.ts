/** As large as what is read at once. */
const copyBytes = 128 * 1024;
const mostKept = 16;

/** Copies of what was read, to be written, in memory that is used again and again. */
export class PieceCopies {
  readonly #free: Buffer[] = [];

  /** Copies a piece, to memory that is to be given back once it was written. */
  take(piece: Buffer): Buffer {
    const memory = piece.length > copyBytes ? null : (this.#free.pop() ?? Buffer.allocUnsafeSlow(copyBytes));
    if (memory === null) return Buffer.from(piece);
    piece.copy(memory);
    return memory.subarray(0, piece.length);
  }

  /** Nothing reads this copy any more. */
  give(copy: Buffer): void {
    if (copy.buffer.byteLength === copyBytes && this.#free.length < mostKept) this.#free.push(Buffer.from(copy.buffer));
  }
}
