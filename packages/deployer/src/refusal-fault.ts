import type { Fault, ObservedWorkload } from "@berth/core";
import { rolloutHint } from "./rollout-hints.ts";

type Refused = Pick<ObservedWorkload, "service" | "replicas" | "refusal" | "instances">;

/** That fewer instances of a service are there than there should be, because the runtime is refused more; null where it is not. */
export function refusalFault({ service, replicas, refusal, instances }: Refused): Fault | null {
  const there = instances.filter(({ state }) => state !== "stopping").length;
  if (refusal === null || there >= replicas) return null;
  const { reason } = refusal;
  return {
    message: `${there} of ${replicas} ${replicas === 1 ? "instance is" : "instances are"} there: ${reason}.`,
    hint: rolloutHint({ service, reason, lines: [], stack: null }),
  };
}
