import { describe, expect, it } from "vitest";
import { chooseArchivesToDrop } from "./archive-use.ts";

const now = Date.UTC(2026, 0, 1);
const hours = (count: number) => now - count * 3_600_000;
const gib = 2 ** 30;
const archive = (name: string, usedAt: number, sizeBytes = 1000, hasBlob = true) => ({
  name,
  usedAt,
  sizeBytes,
  hasBlob,
});
const dropped = (...archives: ReturnType<typeof archive>[]) =>
  chooseArchivesToDrop(archives, now).map(({ name }) => name);

describe("archives", () => {
  it("go with their layer", () => {
    expect(dropped(archive("kept", now), archive("gone", now, 1000, false))).toEqual(["gone"]);
  });

  it("go when they were not used for a week", () => {
    expect(dropped(archive("week", hours(8 * 24)), archive("day", hours(24)))).toEqual(["week"]);
  });

  it("go from the one that was used the longest ago where there is too much of them", () => {
    const archives = [
      archive("a", hours(30), 2 * gib),
      archive("b", hours(20), 2 * gib),
      archive("c", hours(10), 2 * gib),
    ];
    expect(dropped(...archives)).toEqual(["a"]);
    expect(dropped(...archives, archive("small", hours(40)))).toEqual(["a", "small"]);
  });

  it("stay for an hour, however large they are", () => {
    expect(dropped(archive("a", hours(0.5), 9 * gib), archive("b", hours(0.2), 9 * gib))).toEqual([]);
  });
});
