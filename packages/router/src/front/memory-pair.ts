import { Duplex } from "node:stream";

/** One end of a connection within this process. What is written to it is read at the other end, with back-pressure. */
class End extends Duplex {
  #other: End | null = null;
  /** The other end has not taken the last piece yet. */
  #taken: (() => void) | null = null;

  join(other: End): void {
    this.#other = other;
  }

  override _read(): void {
    this.#other?.continue();
  }

  continue(): void {
    const taken = this.#taken;
    this.#taken = null;
    taken?.();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const other = this.#other;
    if (other === null || other.destroyed || other.push(chunk)) return done();
    this.#taken = done;
  }

  override _final(done: () => void): void {
    if (this.#other?.destroyed === false) this.#other.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const other = this.#other;
    this.#other = null;
    this.continue();
    // Not within a call of a parser that reads from the other end.
    if (other !== null && !other.destroyed) process.nextTick(() => other.part(this.writableFinished));
    done(error);
  }

  /** The other end is gone. What it had sent to its end can still be read. */
  part(isWhole: boolean): void {
    this.#other = null;
    this.continue();
    if (!isWhole) this.destroy();
  }
}

/** Makes both ends of a connection within this process. */
export function makeMemoryPair(): [Duplex, Duplex] {
  const [one, other] = [new End(), new End()];
  one.join(other);
  other.join(one);
  return [one, other];
}
