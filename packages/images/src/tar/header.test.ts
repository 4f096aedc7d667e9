import { describe, expect, it } from "vitest";
import { encodeHeader } from "./header.ts";
import type { TarHeader } from "./header.ts";
import { contentMtime } from "./mtime.ts";
import { parseTar } from "./parse.ts";

const plain: TarHeader = {
  name: "app/server.js",
  type: "file",
  mode: 0o644,
  owner: 0,
  sizeBytes: 0,
  mtime: 1_000_000_000,
  target: "",
};

/** A whole archive of these headers, without contents. */
function parse(...headers: TarHeader[]) {
  const archive = Buffer.concat([...headers.map(encodeHeader), Buffer.alloc(1024)]);
  return [...parseTar((offset, length) => archive.subarray(offset, offset + length))];
}

describe("a header", () => {
  it.each([
    ["a plain file", plain, 512],
    ["a folder", { ...plain, name: "app/lib/", type: "folder" as const, mode: 0o755 }, 512],
    ["a link", { ...plain, type: "link" as const, mode: 0o777, target: "../x" }, 512],
    ["a hard link", { ...plain, type: "hardlink" as const, target: "app/other.js" }, 512],
    ["a file of another owner", { ...plain, owner: 1000 }, 512],
    ["a name that ends in a space", { ...plain, name: "app/name " }, 512],
    ["a name with a newline", { ...plain, name: "app/two\nlines\n" }, 1536],
    ["a name of 100 bytes", { ...plain, name: "n".repeat(100) }, 512],
    ["a name that can be divided", { ...plain, name: `${"d".repeat(120)}/${"n".repeat(80)}` }, 512],
    [
      "a folder's name that can be divided",
      { ...plain, type: "folder" as const, name: `${"d".repeat(120)}/${"n".repeat(80)}/` },
      512,
    ],
    ["a name that cannot be divided", { ...plain, name: `app/${"n".repeat(101)}` }, 1536],
    ["a name of 300 bytes", { ...plain, name: `${"d/".repeat(140)}${"n".repeat(20)}` }, 1536],
    ["a name beyond ASCII", { ...plain, name: "app/日本.txt" }, 1536],
    ["a long target", { ...plain, type: "link" as const, target: "../".repeat(50) }, 1536],
  ])("of %s is read as it was written", (_, header, bytes) => {
    expect(encodeHeader(header)).toHaveLength(bytes);
    expect(parse(header)).toEqual([{ ...header, offset: 0, contentOffset: bytes }]);
  });

  it("says sizes of more than 8 GiB", () => {
    const size = 2 ** 33 + 5;
    const archive = encodeHeader({ ...plain, sizeBytes: size });
    const entries = parseTar((offset, length) =>
      offset < archive.length ? archive.subarray(offset, offset + length) : Buffer.alloc(length),
    );
    expect(entries.next().value).toMatchObject({ sizeBytes: size, contentOffset: 1536 });
  });

  it("that was damaged is noticed", () => {
    const archive = Buffer.concat([encodeHeader(plain), Buffer.alloc(1024)]);
    archive[3]! ^= 1;
    expect(() => [...parseTar((offset, length) => archive.subarray(offset, offset + length))]).toThrow("checksum");
    expect(() => [...parseTar(() => Buffer.alloc(10))]).toThrow("ends too early");
  });
});

describe("a file's time", () => {
  it("follows from its content and lies in the years 2000 to 2019", () => {
    const times = ["00000000", "ffffffff", "12345678"].map((start) => contentMtime(start.padEnd(64, "0")));
    expect(new Set(times).size).toBe(3);
    for (const time of times)
      expect(new Date(time * 1000).getUTCFullYear()).toSatisfy((year: number) => year >= 2000 && year < 2020);
  });
});
