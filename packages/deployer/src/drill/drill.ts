import {
  BerthError,
  type Drill,
  type DrilledService,
  type DrillProbe,
  type DrillRequest,
  judgeDrill,
  listens,
  type OperationError,
  probeText,
} from "@berth/core";
import type { OperationContext } from "../operations.ts";
import { rolloutError } from "../rollout-errors.ts";
import { askBoth } from "./ask-both.ts";
import type { Drillable } from "./find-drillable.ts";
import { runBeside } from "./run-beside.ts";

/**
 * Runs a release beside what is live, asks both the same, keeps how it went, and lets it go. No request of anybody else reaches it, and
 * its commands are not run. Throws `drill.failed` where it did not come up, or answers worse.
 */
export async function drill(context: OperationContext, request: DrillRequest, found: Drillable): Promise<void> {
  const { deps, operation, actor } = context;
  const { app, environment } = operation;
  const { generation, leftOut } = found;
  const { version } = generation;
  tellLimits(context, found);
  const beside = runBeside(context, found);
  let result: Pick<Drill, "live" | "services" | "probes">;
  let failures: readonly OperationError[];
  try {
    const services = await beside.settled;
    failures = await startErrors(context, found, services);
    const { live, probes } = await askBoth(context, generation, request.paths);
    result = { live, services: [...services, ...leftOut], probes };
  } finally {
    await beside.letGo();
  }
  const { services, probes, live } = result;
  const outcome = judgeDrill(services, probes);
  const at = deps.clock.now();
  const ended = { app, environment, operation: operation.id, version, at, by: actor.person, outcome, ...result };
  await deps.store.drills.add(ended, actor);
  if (outcome === "failed") throw drillError(version, live, failures, probes);
}

/** What a drill does not show. */
function tellLimits({ timeline }: OperationContext, { generation, leftOut, undoes, hasCommand }: Drillable): void {
  const { version, services } = generation;
  timeline.line("release", `v${version} is run beside what is live; no request goes to it but those of the drill`);
  if (hasCommand) timeline.line("release", "its release command is not run");
  if (undoes.length > 0) {
    const whose = undoes.map((undone) => `v${undone}`).join(", ");
    timeline.line(
      "release",
      `undo commands of ${whose}, which a rollback runs first, are not run: it finds data as they are`,
    );
  }
  if (services.filter(listens).length > 1)
    timeline.line("release", "its services reach each other in what is live, for their addresses lead there");
  for (const { service, reason } of leftOut) timeline.line("start", `left out: ${reason}`, service);
}

/** Why services did not come up, with their last lines: as long as those are there. */
async function startErrors(
  { deps }: OperationContext,
  { generation }: Drillable,
  services: readonly DrilledService[],
): Promise<OperationError[]> {
  const failed = services.filter(({ state }) => state === "failed");
  return await Promise.all(
    failed.map(async ({ service, reason }) => {
      const { workload } = generation.services.find((each) => each.workload.service === service)!;
      return await rolloutError(deps, { service, workload: workload.id, reason: reason ?? "" }, workload.image);
    }),
  );
}

function drillError(
  version: number,
  live: number | null,
  failures: readonly OperationError[],
  probes: readonly DrillProbe[],
): BerthError {
  const what = `v${version} has failed its drill`;
  const worse = probes.filter((probe) => probe.isWorse).map((probe) => probeText(probe, live));
  const [first, ...others] = failures;
  if (first === undefined) {
    return new BerthError("drill.failed", `${what}: it answers worse than what is live.`, {
      details: worse,
      hint: `See what it has printed: berth logs -r v${version}`,
    });
  }
  return new BerthError("drill.failed", `${what}: ${first.message}`, {
    details: [...first.lines, ...others.map(({ message }) => message)],
    ...(first.hint !== null && { hint: first.hint }),
  });
}
