import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const run = promisify(execFile);

/** The forms that a value may be found in: as it is, and in base64 wherever it begins within a group of three bytes. */
export function formsOf(value: string): string[] {
  const encoded = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), Buffer.from(value)]).toString("base64");
    // What stands before and after the value has a part in the first and last characters.
    return text.slice(before === 0 ? 0 : 4, -4);
  });
  return [value, ...encoded];
}

/** Files below a folder that have one of these texts in them, as they are or unpacked from gzip. */
export async function filesWith(folder: string, texts: readonly string[]): Promise<string[]> {
  const plain = await grep(folder, texts);
  const blobs = join(folder, "images/blobs/sha256");
  const packed = (existsSync(blobs) ? readdirSync(blobs) : [])
    .map((name) => join(blobs, name))
    .filter((file) => {
      const bytes = readFileSync(file);
      return bytes[0] === 0x1f && bytes[1] === 0x8b && texts.some((text) => gunzipSync(bytes).includes(text));
    });
  return [...new Set([...plain, ...packed])].sort();
}

async function grep(folder: string, texts: readonly string[]): Promise<string[]> {
  const patterns = texts.flatMap((text) => ["-e", text]);
  try {
    const { stdout } = await run("grep", ["-rlaF", ...patterns, folder], { maxBuffer: 2 ** 24 });
    return stdout.trim().split("\n");
  } catch (error) {
    // It found nothing.
    if (typeof error === "object" && error !== null && "code" in error && error.code === 1) return [];
    throw error;
  }
}
