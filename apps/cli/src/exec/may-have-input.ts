import { fstatSync } from "node:fs";

/** Whether something may come on an input: a terminal, a pipe or a file. Nothing comes of /dev/null, and of an input that is closed. */
export function mayHaveInput({ isTTY }: { isTTY?: boolean }, fd = 0): boolean {
  if (isTTY === true) return true;
  try {
    const input = fstatSync(fd);
    return input.isFIFO() || input.isFile() || input.isSocket();
  } catch {
    return false;
  }
}
