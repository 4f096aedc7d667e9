import { lstat } from "node:fs/promises";

/** Whether a path is itself a symbolic link; false where there is nothing. */
export async function isLink(path: string): Promise<boolean> {
  const stat = await lstat(path).catch(() => null);
  return stat?.isSymbolicLink() ?? false;
}
