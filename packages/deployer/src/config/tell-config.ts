import type { Snapshot } from "@berth/core";
import type { OperationContext } from "../operations.ts";

/** Says which stored values a release does without, for they were rolled back. */
export function tellHeld({ timeline }: Pick<OperationContext, "timeline">, { held = {} }: Snapshot): void {
  for (const [service, values] of Object.entries(held))
    for (const [key, { instead, use }] of Object.entries(values))
      timeline.line("release", text(key, instead, use), service);
}

function text(key: string, instead: string | null, use: string | null): string {
  const what = use === null ? `${key} stays unset` : `${key} stays as it was`;
  const why = instead === null ? "its removal was rolled back" : "what is stored since was rolled back";
  return `${what}: ${why}; berth config set ${key}=… decides anew`;
}
