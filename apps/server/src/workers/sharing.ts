import type { Sharing } from "../listen.ts";
import type { Settings } from "../settings.ts";
import { openWorkerRecords } from "./worker-records.ts";

/** How the first process at a port opens it: workers of one before it may have been left there. */
export function sharingOf({ home, workers }: Pick<Settings, "home" | "workers">): Sharing {
  if (openWorkerRecords(home).left().length > 0) return "joins";
  return workers > 1 ? "begins" : "none";
}
