import type { Clock, Random } from "@berth/core";

/** Crockford's base 32, lower case: sorts as the numbers do, and has no letters that are mistaken for digits. */
const digits = "0123456789abcdefghjkmnpqrstvwxyz";
const length = 26;
const randomBits = 80n;

/**
 * Ids that sort by the time they were made: 48 bits of milliseconds, 80 of randomness (https://github.com/ulid/spec).
 * Each is greater than the one before, also within a millisecond and when the clock goes back, and than `last` of an earlier run.
 */
export function makeIds(deps: { clock: Clock; random: Random }, last: string | null): () => string {
  let previous = last === null ? 0n : decode(last);
  return () => {
    const drawn = (BigInt(deps.clock.now()) << randomBits) | toNumber(deps.random.bytes(Number(randomBits / 8n)));
    previous = drawn > previous ? drawn : previous + 1n;
    return encode(previous);
  };
}

function toNumber(bytes: Uint8Array): bigint {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function encode(value: bigint): string {
  return Array.from({ length }, (_, place) => digits[Number((value >> BigInt(5 * (length - 1 - place))) & 31n)]).join(
    "",
  );
}

function decode(id: string): bigint {
  return [...id].reduce((sum, digit) => (sum << 5n) | BigInt(Math.max(0, digits.indexOf(digit))), 0n);
}
