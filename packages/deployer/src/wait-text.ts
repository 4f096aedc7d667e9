import type { ObservedInstance } from "@berth/core";

/** Why an instance or a task is not there yet, with how long room is waited for: nothing more is told meanwhile. */
export function waitText(reason: string, { patienceMs }: Pick<ObservedInstance, "patienceMs">): string {
  if (patienceMs == null) return reason;
  const seconds = Math.round(patienceMs / 1_000);
  const time = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  return `${reason}; it has ${time} from its start until it is given up`;
}
