import { BerthError, type LogLine, type LogOptions, type Release, type Scope } from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import { loadGeneration } from "./generation.ts";

export interface LogRequest extends LogOptions {
  /** Only this service; null: all. */
  service: string | null;
  /** The instances of this release; null: of the live one, and with `follow` of each that becomes live. */
  version: number | null;
}

export type ServiceLogLine = LogLine & { service: string; version: number };

/** Lines of an environment's instances, merged as they come. */
export async function* environmentLogs(
  deps: DeployerDeps,
  scope: Scope,
  request: LogRequest,
): AsyncIterable<ServiceLogLine> {
  const end = new AbortController();
  const signal = AbortSignal.any([end.signal, request.signal]);
  const queue: ServiceLogLine[] = [];
  const sources = new Map<string, Promise<void>>();
  let failure: unknown = null;
  let wake = () => {};

  async function read(workload: string, service: string, version: number, tail: number) {
    for await (const line of deps.runtime.logs(workload, { tail, follow: request.follow, signal })) {
      queue.push({ ...line, service, version });
      wake();
      if (queue.length > 10_000) await new Promise((resume) => setTimeout(resume, 10));
    }
  }

  async function addSources(tail: number) {
    const release = await releaseFor(deps, scope, request.version);
    if (release === null) return;
    const { services } = await loadGeneration(deps, release);
    for (const { workload } of services) {
      if (request.service !== null && request.service !== workload.service) continue;
      if (sources.has(workload.id)) continue;
      const reading = read(workload.id, workload.service, release.version, tail)
        .catch((error: unknown) => {
          failure = error;
        })
        .finally(() => {
          if (!request.follow) sources.delete(workload.id);
          wake();
        });
      sources.set(workload.id, reading);
    }
  }

  await addSources(request.tail);
  const stopFollowing = deps.store.changes.follow((change) => {
    const isOurs =
      change.kind === "environment" && change.app === scope.app && change.environment === scope.environment;
    if (request.follow && request.version === null && isOurs)
      void addSources(request.tail).catch((error: unknown) => {
        failure = error;
        wake();
      });
  });
  signal.addEventListener("abort", () => wake());
  try {
    for (;;) {
      const lines = queue.splice(0).toSorted((a, b) => a.at - b.at);
      yield* lines;
      if (failure !== null) throw failure;
      if (signal.aborted || (sources.size === 0 && !request.follow && queue.length === 0)) return;
      if (queue.length > 0) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (queue.length > 0 || signal.aborted || failure !== null) resolve();
      });
    }
  } finally {
    stopFollowing();
    end.abort();
  }
}

async function releaseFor(deps: DeployerDeps, scope: Scope, version: number | null): Promise<Release | null> {
  const environment = await deps.store.environments.get(scope.app, scope.environment);
  if (environment === null)
    throw new BerthError("environment.not-found", `${scope.app} has no environment ${scope.environment}.`);
  const wanted = version ?? environment.live;
  if (wanted === null) return null;
  const release = await deps.store.releases.get(scope, wanted);
  if (release === null)
    throw new BerthError("release.not-found", `${scope.app} has no release v${wanted} in ${scope.environment}.`);
  return release;
}
