import { systemRandom } from "@berth/core";
import { describe, expect, it } from "vitest";
import { hashToken, isPerson, looksLikeToken, makeTokenSecret } from "./token.ts";

describe("a token", () => {
  it("is berth_ and 32 random bytes in base64url", () => {
    const made = Array.from({ length: 200 }, () => makeTokenSecret(systemRandom));
    expect(made.filter((secret) => !/^berth_[A-Za-z0-9_-]{43}$/.test(secret) || !looksLikeToken(secret))).toEqual([]);
    expect(new Set(made).size).toBe(200);
    expect(makeTokenSecret({ bytes: (count) => new Uint8Array(count).fill(255) })).toBe(`berth_${"_".repeat(42)}8`);
  });

  it("is stored as its SHA-256 in hex", () => {
    expect(hashToken("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });

  it("is known by its whole form", () => {
    const good = `berth_${"a".repeat(43)}`;
    expect(looksLikeToken(good)).toBe(true);
    for (const text of ["", good.slice(1), `${good}a`, `${good}\n`, good.replace("a", "+"), good.toUpperCase()]) {
      expect(looksLikeToken(text)).toBe(false);
    }
  });

  it("names a person by a slug", () => {
    expect(["ada", "ada-l", "a1"].every(isPerson)).toBe(true);
    expect(["", "Ada", "1a", "-a", "a b", "a\n", "a".repeat(40)].some(isPerson)).toBe(false);
  });
});
