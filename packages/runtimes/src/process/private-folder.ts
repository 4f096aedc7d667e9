import { BerthError } from "@berth/core";
import { chmod, lstat, mkdir } from "node:fs/promises";

/** Makes sure that the folder exists and nobody else can look into it. Throws where it is somebody else's. */
export async function makePrivateFolder(path: string, userId: number): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const stat = await lstat(path);
  if (!stat.isDirectory() || stat.uid !== userId) {
    throw new BerthError("runtime.failed", `${path} belongs to somebody else, so Berth does not use it.`, {
      path,
      hint: "Remove it, or choose another BERTH_HOME.",
    });
  }
  if ((stat.mode & 0o077) !== 0) await chmod(path, 0o700);
}
