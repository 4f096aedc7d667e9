import { toBerthError } from "@berth/core";
import type { BerthError, Digest } from "@berth/core";
import { makeLimiter } from "./limiter.ts";

export interface Pin {
  image: string;
  digest: Digest;
}

/** A pin beside what its name stands for now. */
export interface PinNews extends Pin {
  /** What it stands for now, where that is something else; null where it is the same or cannot be asked. */
  newer: Digest | null;
  /** Why it could not be asked. */
  problem: BerthError | null;
}

/** So many registries are asked at the same time. */
const atOnce = 4;

/** Asks for each pin what its name stands for now. One that cannot be asked does not keep the others from it. */
export async function findNewer(
  pins: readonly Pin[],
  resolve: (image: string, signal: AbortSignal) => Promise<Digest>,
  signal: AbortSignal,
): Promise<PinNews[]> {
  const limiter = makeLimiter(atOnce);
  const ask = async ({ image, digest }: Pin): Promise<PinNews> => {
    try {
      const now = await limiter(signal, () => resolve(image, signal));
      return { image, digest, newer: now === digest ? null : now, problem: null };
    } catch (error) {
      signal.throwIfAborted();
      return { image, digest, newer: null, problem: toBerthError(error) };
    }
  };
  return Promise.all(pins.map(ask));
}
