import type { RuntimeDescriptor, ServiceSpec } from "@berth/core";

/** What a service asks for and its runtime does not have, each with what happens instead. */
export function runtimeLacks(
  { scale }: Pick<ServiceSpec, "scale">,
  { name, scalesByLoad }: Pick<RuntimeDescriptor, "name" | "scalesByLoad">,
): string[] {
  if (scale.cpuPercent === undefined || scalesByLoad) return [];
  const number = scale.min === 1 ? "1 instance runs" : `${scale.min} instances run`;
  return [`scale.cpu has no effect: the runtime ${name} does not scale by load, so ${number}`];
}
