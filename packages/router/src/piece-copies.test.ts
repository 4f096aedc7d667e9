import { expect, it } from "vitest";
import { PieceCopies } from "./piece-copies.ts";

it("uses the memory of a copy that was given back again, and no other", () => {
  const copies = new PieceCopies();
  const [one, other] = [copies.take(Buffer.alloc(20_000, "a")), copies.take(Buffer.alloc(20_000, "b"))];
  expect(one.buffer).not.toBe(other.buffer);
  copies.give(one);
  const next = copies.take(Buffer.alloc(30_000, "c"));
  expect(next.buffer).toBe(one.buffer);
  expect(other.equals(Buffer.alloc(20_000, "b"))).toBe(true);
  expect(next.equals(Buffer.alloc(30_000, "c"))).toBe(true);
});

it("copies what is larger than anything that is kept", () => {
  const copies = new PieceCopies();
  const large = copies.take(Buffer.alloc(200_000, "a"));
  copies.give(large);
  expect(copies.take(Buffer.alloc(200_000, "b")).buffer).not.toBe(large.buffer);
});
