import type { Random } from "@berth/core";

/** A cheap source of numbers in 0 … below-1 for spreading load (xorshift32, Marsaglia 2003). Nothing secret may come from it. */
export function makeRandomIndex(random: Random): (below: number) => number {
  let state = Buffer.from(random.bytes(4)).readUInt32LE() || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
