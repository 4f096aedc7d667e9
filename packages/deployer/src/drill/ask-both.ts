import {
  type DrillProbe,
  type Generation,
  type GenerationService,
  isWorse,
  maySleep,
  planProbes,
  type ProbeAnswer,
  probeText,
} from "@berth/core";
import { findEnvironment } from "../find.ts";
import { loadLive } from "../generation.ts";
import type { OperationContext } from "../operations.ts";

const answerTimeoutMs = 10_000;

/** What a release and what is live have answered. */
export interface Asked {
  /** The version that is live. */
  live: number | null;
  probes: readonly DrillProbe[];
}

/** Asks a release and what is live the same, one after the other, at their instances themselves. */
export async function askBoth(
  context: OperationContext,
  drilled: Generation,
  paths: readonly string[],
): Promise<Asked> {
  const { deps, operation, timeline } = context;
  const live = await loadLive(deps, await findEnvironment(deps.store, operation));
  const probes: DrillProbe[] = [];
  for (const planned of planProbes(drilled.services, live?.services ?? [], paths)) {
    const { path } = planned;
    const own = planned.drilled === null ? unrouted : await ask(context, planned.drilled, path);
    const other = planned.live === null ? null : await askLive(context, planned.live, path);
    const service = planned.drilled?.workload.service ?? null;
    const probe = { service, path, drilled: own, live: other, isWorse: isWorse(own, other) };
    probes.push(probe);
    timeline.line("health", probeText(probe, live?.version ?? null), service ?? undefined);
  }
  return { live: live?.version ?? null, probes };
}

const unrouted: ProbeAnswer = {
  status: null,
  durationMs: 0,
  bytes: 0,
  failure: "it has no service that takes this path",
};
const absent: ProbeAnswer = { status: null, durationMs: 0, bytes: 0, failure: "it has no instance that is ready" };

async function ask({ deps, operation, stopping }: OperationContext, { workload }: GenerationService, path: string) {
  stopping.throwIfAborted();
  const [instance] = deps.runtime.endpoints(workload.id);
  if (instance === undefined) return absent;
  const url = new URL(deps.url(operation));
  const headers = {
    host: url.host,
    "user-agent": "berth-drill",
    accept: "*/*",
    "x-forwarded-host": url.host,
    "x-forwarded-proto": url.protocol.slice(0, -1),
  };
  const answer = await deps.probe(instance.endpoint, { path, headers, timeoutMs: answerTimeoutMs }, stopping);
  stopping.throwIfAborted();
  return answer;
}

/** What sleeps is woken, as a request would. */
async function askLive(context: OperationContext, service: GenerationService, path: string): Promise<ProbeAnswer> {
  const { deps, environments, operation, actor, timeline, stopping } = context;
  const { id, service: name } = service.workload;
  if (maySleep(service) && deps.runtime.endpoints(id).length === 0) {
    timeline.line("health", "what is live sleeps, and is woken", name);
    const cause = { kind: "person", by: actor.person } as const;
    const { done } = await environments.keeper(operation).wake({ id, service: name }, cause);
    await Promise.race([done, aborted(stopping)]);
  }
  return await ask(context, service, path);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
