import { expect, test } from "vitest";
import { listFiles, namedPaths } from "./list-files.ts";
import type { Directory } from "./reader.ts";

const gib = 1024 ** 3;

/** A repository of these folders by id, with what git says of each entry. */
function readerOf(directories: Record<string, Directory["entries"]>) {
  return { directory: async (oid: string): Promise<Directory> => ({ entries: directories[oid] ?? [] }) };
}

test("what is much larger than its push is refused before it is read", async () => {
  const file = (sizeBytes: number) => ({ name: "data", mode: "100644" as const, oid: "b", sizeBytes });
  const link = (sizeBytes: number) => ({ name: "link", mode: "120000" as const, oid: "b", sizeBytes });
  const list = (entries: Directory["entries"]) => listFiles(readerOf({ root: entries }), "root", []);
  expect(await list([file(gib), link(4095)])).toHaveLength(2);
  await expect(list([file(gib + 1)])).rejects.toThrow("A file is larger than 1 GiB.");
  await expect(list([link(4096)])).rejects.toThrow("A symbolic link's target is larger than 4095 bytes.");
});

test("a file counts at each place it is at", async () => {
  const file = { name: "data", mode: "100644" as const, oid: "b", sizeBytes: gib };
  const folders = Array.from({ length: 17 }, (_, index) => ({
    name: `f${index}`,
    mode: "folder" as const,
    oid: "same",
    sizeBytes: 0,
  }));
  const reader = readerOf({ root: folders, same: [file] });
  await expect(listFiles(reader, "root", [])).rejects.toThrow("The files have 17 GiB together; 16 GiB is the most.");
  expect(await listFiles(reader, "root", ["f3"])).toHaveLength(16);
});

test("a path that no file system takes is refused, also where folders never end", async () => {
  const folder = { name: "folder", mode: "folder" as const, oid: "same", sizeBytes: 0 };
  const file = { name: "x".repeat(255), mode: "100644" as const, oid: "b", sizeBytes: 0 };
  const nested = Object.fromEntries(
    Array.from({ length: 200 }, (_, depth) => [`${depth}`, [{ ...folder, oid: `${depth + 1}` }]]),
  );
  await expect(listFiles(readerOf({ ...nested, 200: [file] }), "0", [])).rejects.toThrow("A path is longer than 1000");
  expect(await listFiles(readerOf({ ...nested, 200: [file] }), "150", [])).toHaveLength(1);
});

test("a path is named on one line, and without what a terminal would obey", () => {
  expect(namedPaths(["new\nline", "\u001b[2J", "ünï/\u007f", 'quo"te'])).toEqual([
    "new\\nline",
    "\\u001b[2J",
    "ünï/\\u007f",
    'quo"te',
  ]);
});
