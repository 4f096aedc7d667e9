import { describe, expect, it } from "vitest";
import { formatLogLine } from "./log-line.ts";
import { lastPosition, makeCopiedFilter } from "./log-position.ts";
import type { CopiedLine, LogPosition } from "./log-position.ts";

const line = (at: number, nanos: number, text: string, stream: "stdout" | "stderr" = "stdout"): CopiedLine => ({
  at,
  nanos,
  text,
  stream,
});

const all = [
  line(1_000, 1, "one"),
  line(1_000, 5, "part 1"),
  line(1_000, 5, "part 2"),
  line(1_000, 3, "late", "stderr"),
  line(1_000, 5, "part 3"),
  line(4_000, 0, "last"),
];

const passed = (position: LogPosition | null, lines: readonly CopiedLine[]) => {
  const filter = makeCopiedFilter(position);
  return lines.flatMap(filter).map(({ text }) => text);
};

describe("the position in a log", () => {
  it("is its last copied line, and which of those with the same time it is", () => {
    expect(lastPosition(["1000.000005 o a", "1000.000005 o b", "1001 b exited", "half"])).toEqual({
      stream: "stdout",
      at: 1_000,
      nanos: 5,
      count: 2,
    });
    expect(lastPosition(["1001 b started", "999 o kept by another runtime"])).toBeNull();
  });

  it("passes what comes after it, wherever copying was broken off", () => {
    const written = all.map(({ at, nanos, stream, text }) => formatLogLine(at, stream, text, nanos).trimEnd());
    for (const index of all.keys()) {
      const rest = all.slice(index + 1).map(({ text }) => text);
      expect(passed(lastPosition(written.slice(0, index + 1)), all)).toEqual(rest);
    }
    expect(passed(null, all)).toEqual(all.map(({ text }) => text));
  });

  it("lets what is later pass where its line is gone", () => {
    const position = { stream: "stdout", at: 1_000, nanos: 4, count: 1 } as const;
    expect(passed(position, all)).toEqual(["part 1", "part 2", "part 3", "last"]);
  });
});
