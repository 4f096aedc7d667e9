import type { Snapshot } from "@berth/core";
import type { OperationContext } from "../operations.ts";

/** Says which stored values a release does without, for they were rolled back. */
export function tellHeld({ timeline }: Pick<OperationContext, "timeline">, { held = {} }: Snapshot): void {
  const told = Object.entries(held).flatMap(([service, values]) =>
    Object.entries(values).map(([key, { instead, use }]) => ({ service, text: text(key, instead, use) })),
  );
  for (const [text, of] of Map.groupBy(told, (each) => each.text))
    timeline.line("release", text, of.map(({ service }) => service).join(", "));
}

function text(key: string, instead: string | null, use: string | null): string {
  const what = use === null ? `${key} stays unset` : `${key} stays as it was`;
  const why = instead === null ? "its removal was rolled back" : "what is stored since was rolled back";
  return `${what}: ${why}; berth config set ${key}=… decides anew`;
}
