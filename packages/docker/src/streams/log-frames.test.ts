import { describe, expect, it } from "vitest";
import { makeFrameReader, parseTime } from "./log-frames.ts";

function frame(kind: number, text: string): Buffer {
  const head = Buffer.alloc(8);
  head[0] = kind;
  head.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([head, Buffer.from(text)]);
}

const bytes = Buffer.concat([
  frame(1, "2026-11-23T19:13:18.172492557Z plain text\n"),
  frame(2, "2026-11-23T19:13:18.173350826Z \n"),
  frame(1, "not a time at all"),
  frame(1, "2026-11-23T19:13:19Z no end"),
]);

const expected = [
  { stream: "stdout", at: Date.UTC(2026, 10, 23, 19, 13, 18, 172), nanos: 492_557, content: "plain text\n" },
  { stream: "stderr", at: Date.UTC(2026, 10, 23, 19, 13, 18, 173), nanos: 350_826, content: "\n" },
  { stream: "stdout", at: Date.UTC(2026, 10, 23, 19, 13, 19), nanos: 0, content: "no end" },
];

describe("makeFrameReader", () => {
  it.each([1, 3, 7, 8, 50, 10_000])("takes frames apart, in pieces of %i bytes", (size) => {
    const read = makeFrameReader();
    const frames = [];
    for (let at = 0; at < bytes.length; at += size) frames.push(...read(bytes.subarray(at, at + size)));
    expect(frames.map((one) => ({ ...one, content: one.content.toString() }))).toEqual(expected);
  });
});

describe("parseTime", () => {
  it("keeps the nanoseconds, however many digits are written", () => {
    expect(parseTime("1970-01-01T00:00:01.5Z")).toEqual({ at: 1_500, nanos: 0 });
    expect(parseTime("1970-01-01T00:00:00.000000001Z")).toEqual({ at: 0, nanos: 1 });
    expect(parseTime("yesterday")).toBeNull();
  });
});
