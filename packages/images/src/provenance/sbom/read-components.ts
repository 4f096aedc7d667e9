import { Worker } from "node:worker_threads";
import { makeComponents } from "./bom.ts";
import type { Components } from "./bom.ts";
import { parseLockfiles } from "./parse-lockfiles.ts";
import type { LockfileText } from "./parse-lockfiles.ts";

/** Up to this much is read in a few milliseconds, less than a thread takes to start. YAML takes longer than JSON. */
const inPlaceBytes = 128 * 1024;
const yamlWeight = 4;
/** A lockfile of 32 MB must not take the memory of the apps: then it counts as one that cannot be read. */
const resourceLimits = { maxOldGenerationSizeMb: 1024 };

/** The components that lockfiles name. Large ones are read in a thread of their own, so that the server goes on. */
export async function readComponents(texts: readonly LockfileText[]): Promise<Components> {
  const weight = texts.reduce((sum, { path, text }) => sum + text.length * (isYaml(path, text) ? yamlWeight : 1), 0);
  if (weight <= inPlaceBytes) return makeComponents(await parseLockfiles(texts));
  try {
    return await inThread(texts);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { text: "", count: 0, unread: texts.map(({ path }) => ({ path, reason })) };
  }
}

function isYaml(path: string, text: string): boolean {
  return path.endsWith("pnpm-lock.yaml") || (path.endsWith("yarn.lock") && text.includes("__metadata:"));
}

function inThread(workerData: readonly LockfileText[]): Promise<Components> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL("./thread.ts", import.meta.url), { workerData, name: "sbom", resourceLimits });
    thread.once("message", (components: Components) => resolve(components));
    thread.once("error", reject);
    thread.once("exit", () => reject(new Error("the thread that reads lockfiles ended")));
  });
}
