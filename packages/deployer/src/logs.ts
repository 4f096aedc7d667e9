import {
  BerthError,
  keptCronOutputs,
  keptCronRuns,
  type LogLine,
  type LogOptions,
  makeChannel,
  type Scope,
} from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import { findEnvironment, findRelease } from "./find.ts";
import { loadGeneration } from "./generation.ts";

/** How many lines may wait for a reader before the logs are read no further. */
const linesAhead = 1_000;

export interface LogRequest extends LogOptions {
  /** Only this service; null: all. */
  service: string | null;
  /** The instances of this release; null: of the live one, and with `follow` of each that becomes live. */
  version: number | null;
}

export type ServiceLogLine = LogLine & { service: string; version: number };

/** Lines of an environment's instances: the newest `tail` in order of time, and with `follow` then what comes. */
export async function* environmentLogs(
  deps: DeployerDeps,
  scope: Scope,
  request: LogRequest,
): AsyncIterable<ServiceLogLine> {
  if (request.follow) yield* followLogs(deps, scope, request);
  else if (request.tail > 0) yield* (await newestLogs(deps, scope, request)).slice(-request.tail);
}

/** The newest `tail` lines of each workload, in order of time. */
async function newestLogs(deps: DeployerDeps, scope: Scope, request: LogRequest): Promise<ServiceLogLine[]> {
  const lines: ServiceLogLine[] = [];
  await readRelease(deps, scope, request, new Set(), async (line) => void lines.push(line));
  return lines.toSorted((a, b) => a.at - b.at);
}

async function* followLogs(deps: DeployerDeps, scope: Scope, request: LogRequest): AsyncIterable<ServiceLogLine> {
  const ended = new AbortController();
  const signal = AbortSignal.any([ended.signal, request.signal]);
  const channel = makeChannel<ServiceLogLine>(linesAhead);
  const close = () => channel.end();
  signal.addEventListener("abort", close);
  const followed = new Set<string>();
  const backlog = await newestLogs(deps, scope, { ...request, follow: false, signal });
  // A reader that follows begins with lines of the backlog, so that none is missed in between.
  const isNew = makeIsNew(backlog);
  const write = async (line: ServiceLogLine) => (isNew(line) ? await channel.write(line) : undefined);
  const readNew = () => readRelease(deps, scope, { ...request, signal }, followed, write);
  const fail = (error: unknown) => channel.end(error);
  const stopFollowing = deps.store.changes.follow(({ kind, app, environment }) => {
    const isOurs = app === scope.app && environment === scope.environment;
    // What is live is part of an environment, and changes with a release.
    const mayBeLive = kind === "environment" || kind === "release";
    const mayBeNew = kind === "cron" || (mayBeLive && request.version === null);
    if (isOurs && mayBeNew) readNew().catch(fail);
  });
  readNew().catch(fail);
  try {
    yield* request.tail === 0 ? [] : backlog.slice(-request.tail);
    for await (const lines of channel) yield* lines.toSorted((a, b) => a.at - b.at);
  } finally {
    stopFollowing();
    ended.abort();
  }
}

/** Tells of each line of an instance, in order, whether it comes after those of the backlog. */
function makeIsNew(backlog: readonly ServiceLogLine[]): (line: ServiceLogLine) => boolean {
  const told = new Map<string, { at: number; count: number }>();
  for (const { instance, at } of backlog) {
    const last = told.get(instance);
    told.set(instance, { at, count: last?.at === at ? last.count + 1 : 1 });
  }
  return ({ instance, at }) => {
    const last = told.get(instance);
    if (last === undefined) return true;
    if (at < last.at || (at === last.at && last.count-- > 0)) return false;
    // From here on all is new, even where the machine's clock is set back.
    told.delete(instance);
    return true;
  };
}

/** Reads the logs of a release's workloads that are not in `followed` yet. Resolves when they end. */
async function readRelease(
  deps: DeployerDeps,
  scope: Scope,
  request: LogRequest,
  followed: Set<string>,
  write: (line: ServiceLogLine) => Promise<void>,
): Promise<void> {
  const { cluster, live } = await findEnvironment(deps.store, scope);
  const version = request.version ?? live;
  if (version === null) return;
  const release = await findRelease(deps.store, scope, version);
  const { services } = await loadGeneration(deps, release, cluster);
  const wanted = services
    .map(({ workload }) => workload)
    .filter(({ service }) => request.service === null || request.service === service);
  const all = await Promise.all(
    wanted.map(async ({ id, service, kind }): Promise<LogOrigin[]> =>
      kind === "cron"
        ? await runsOf(deps, scope, { service, version: request.version })
        : [{ id, service, version: release.version, mayBeGone: false }],
    ),
  );
  const fresh = all.flat().filter(({ id }) => !followed.has(id));
  await Promise.all(
    fresh.map(async ({ id, service, version, mayBeGone }) => {
      followed.add(id);
      if (mayBeGone && !(await hasLog(deps, id, request))) return;
      for await (const line of deps.runtime.logs(id, request)) await write({ ...line, service, version });
    }),
  );
}

/** What has a log. */
interface LogOrigin {
  /** A workload, or a task. */
  id: string;
  service: string;
  version: number;
  /** It may be removed just now. */
  mayBeGone: boolean;
}

/** The runs of a schedule whose output is kept, of one release or of all: they outlive the release that they ran on. */
async function runsOf(
  { store }: DeployerDeps,
  scope: Scope,
  { service, version }: { service: string; version: number | null },
): Promise<LogOrigin[]> {
  const runs = await store.crons.list({ ...scope, service }, { limit: keptCronRuns });
  return runs
    .flatMap(({ task, version: of }) => (task === null || of === null ? [] : [{ id: task.id, version: of }]))
    .slice(0, keptCronOutputs)
    .filter((run) => version === null || run.version === version)
    .map((run) => ({ ...run, service, mayBeGone: true }));
}

const pollMs = 200;
const startMs = 10_000;

/** Whether a run has a log: one that is being started has none yet, and is waited for, and one that was removed has none any more. */
async function hasLog({ runtime, clock }: DeployerDeps, task: string, { follow, signal }: LogRequest) {
  const deadline = clock.now() + (follow ? startMs : 0);
  for (;;) {
    try {
      await Array.fromAsync(runtime.logs(task, { tail: 0, follow: false, signal }));
      return true;
    } catch (error) {
      if (!(error instanceof BerthError && error.code === "workload.not-found")) throw error;
    }
    if (clock.now() >= deadline || signal.aborted) return false;
    await clock.sleep(pollMs, signal);
  }
}
