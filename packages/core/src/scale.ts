import { BerthError } from "./errors.ts";
import { declaredSpec, makeSnapshot, type ScaleOverride } from "./overrides.ts";
import type { ReleasedService, Snapshot } from "./release.ts";
import { unknownService } from "./unknown-service.ts";

/** A change of the overrides of an environment. */
export interface ScaleChange {
  /** Forget all overrides first. */
  reset: boolean;
  /** By service: what is laid over its override so far; null: as berth.yaml has it. */
  services: Readonly<Record<string, ScaleOverride | null>>;
}

/** A release's content with other overrides. Throws `not-found` for a service that it has not, `input.invalid` for bounds that cannot be. */
export function changeScales(snapshot: Snapshot, change: ScaleChange): Snapshot {
  const { services, scales = {}, adopted } = snapshot;
  const overrides = new Map(Object.entries(change.reset ? {} : scales));
  for (const [name, asked] of Object.entries(change.services)) {
    const service = services.find(({ spec }) => spec.name === name);
    if (service === undefined && !(asked === null && Object.hasOwn(scales, name)))
      throw unknownService(
        "What is live",
        name,
        services.map(({ spec }) => spec.name),
        name,
      );
    if (service === undefined || asked === null) overrides.delete(name);
    else overrides.set(name, mergeOverride(service, overrides.get(name) ?? {}, asked));
  }
  const sorted = Object.fromEntries([...overrides].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return makeSnapshot(snapshot, { scales: sorted, adopted });
}

function mergeOverride(service: ReleasedService, before: ScaleOverride, asked: ScaleOverride): ScaleOverride {
  const { name, cron } = service.spec;
  if (cron !== undefined) {
    throw new BerthError("input.invalid", `${name} has a schedule, and no instances between its runs.`, {
      path: name,
      hint: `berth cron run ${name} runs it now; schedule in berth.yaml says when it does.`,
    });
  }
  const min = asked.min ?? before.min;
  const max = asked.max ?? before.max;
  if (min !== undefined && max !== undefined && min > max) {
    throw new BerthError("input.invalid", `${name} cannot have at least ${min} and at most ${max} instances.`, {
      path: name,
      hint: `Say both: berth scale ${name} --min ${Math.min(min, max)} --max ${Math.max(min, max)}`,
    });
  }
  if (min === 0 && max !== 0 && declaredSpec(service).scale.cpuPercent !== undefined) {
    throw new BerthError("input.invalid", `${name} is scaled by load and cannot sleep: what sleeps has no load.`, {
      path: name,
      hint: `At least 1: berth scale ${name} --min 1`,
    });
  }
  return { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
}
