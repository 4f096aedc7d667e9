import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Breathe } from "../layer/compressor.ts";
import { codeOf } from "../worker/problem.ts";

/** The bytes of all files below a folder, whatever their links; 0 where there is none. */
export async function measureFolder(folder: string, breathe: Breathe): Promise<number> {
  let sum = 0;
  for (const item of listFolder(folder)) {
    await breathe();
    const path = join(folder, item.name);
    if (item.isDirectory()) sum += await measureFolder(path, breathe);
    else sum += lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }
  return sum;
}

function listFolder(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}
