import type { FileMode } from "@berth/core";

/** A file of a source tree as the worker is told of it. */
export interface TreeFile {
  path: string;
  mode: FileMode;
  oid: string;
}

/** Files as one text: that passes between threads in a tenth of the time that as many objects take. */
export function encodeFiles(files: readonly TreeFile[]): string {
  return files.map(({ path, mode, oid }) => `${mode} ${oid} ${path}`).join("\0");
}

export function decodeFiles(text: string): TreeFile[] {
  if (text === "") return [];
  return text.split("\0").map((line) => {
    const space = line.indexOf(" ", 7);
    return { mode: line.slice(0, 6) as FileMode, oid: line.slice(7, space), path: line.slice(space + 1) };
  });
}
