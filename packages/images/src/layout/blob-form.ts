import { closeSync, openSync } from "node:fs";
import { readAt } from "../layer/read-at.ts";

/** How a layer's blob holds its archive. */
export type BlobForm = "gzip" | "zstd" | "plain";

/** Tells by its first bytes how a blob is compressed (RFC 1952, 2.3.1; RFC 8878, 3.1.1). */
export function readBlobForm(path: string): BlobForm {
  const fd = openSync(path, "r");
  try {
    const start = readAt(fd, 0, 4).toString("hex");
    if (start.startsWith("1f8b")) return "gzip";
    return start === "28b52ffd" ? "zstd" : "plain";
  } finally {
    closeSync(fd);
  }
}
