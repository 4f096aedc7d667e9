import type { KubeObject } from "../object.ts";

/** What a watch says, one line each. */
export type WatchEvent =
  | { type: "put" | "removed"; object: KubeObject }
  /** Nothing changed up to this version. */
  | { type: "bookmark"; resourceVersion: string }
  /** What was to be told next is known no more. */
  | { type: "gone" }
  | { type: "error"; message: string };

/** Reads a line of a watch. A line that was cut off is an error, too. */
export function readWatchEvent(line: string): WatchEvent {
  let json: { type?: string; object?: KubeObject & { code?: number; reason?: string; message?: string } };
  try {
    json = JSON.parse(line);
  } catch {
    return { type: "error", message: "the watch broke off in the middle of a line" };
  }
  const { type, object } = json;
  if (object === undefined) return { type: "error", message: `a watch said ${line.slice(0, 200)}` };
  if (type === "ADDED" || type === "MODIFIED") return { type: "put", object };
  if (type === "DELETED") return { type: "removed", object };
  if (type === "BOOKMARK") return { type: "bookmark", resourceVersion: object.metadata.resourceVersion ?? "" };
  if (object.code === 410 || object.reason === "Expired" || object.reason === "Gone") return { type: "gone" };
  return { type: "error", message: object.message ?? `a watch ended with ${type}` };
}
