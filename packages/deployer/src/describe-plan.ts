import { type BuildPlan, commandText, ownCommand, type ServiceSpec } from "@berth/core";

/** What was found and what follows, in a line. */
export function describePlan(
  { command }: Pick<ServiceSpec, "command">,
  { findings, stack, contents }: Pick<BuildPlan, "findings" | "stack" | "contents">,
): string {
  const start = `starts with ${commandText(command)}`;
  const told = findings.map(({ what, from }) => `${what === ownCommand ? start : what} (${from})`);
  if (told.length === 0) told.push(stack);
  // A site is served by Berth itself: how is of no use to who pushes it.
  const isTold = told.some((line) => line.startsWith("starts ")) || contents.support.length > 0;
  return isTold ? told.join(", ") : [...told, start].join(", ");
}
