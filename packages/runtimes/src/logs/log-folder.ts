import { join } from "node:path";

/** Where the logs of a workload are: one file per instance, and one that was put aside. */
export function logFolder(
  home: string,
  workload: { app: string; environment: string; service: string; id: string },
): string {
  return join(home, "logs", workload.app, workload.environment, workload.service, workload.id);
}
