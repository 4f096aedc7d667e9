import type { Clock, HealthCheck } from "@berth/core";
import type { Listening } from "./listening.ts";
import { probeHttp } from "./probe.ts";
import type { Probe, ProbeTarget } from "./probe.ts";
import { whyNotReady } from "./reasons.ts";
import type { NotReady } from "./reasons.ts";

export interface ReadinessDeps {
  clock: Clock;
  workerReadyAfterMs: number;
}

export interface ReadinessListener {
  onReason(why: NotReady): void;
  onListens(): void;
}

/** How a starting instance is asked, and what is looked at where it does not answer. */
export interface ReadinessTarget extends ProbeTarget {
  startedAt: number;
  /** What PORT says to the instance. */
  ownPort: number;
  /** Whether it is reached where it listens for itself only. */
  isOnLoopback: boolean;
  /** Where it listens, as far as that can be seen. */
  listening(): Promise<readonly Listening[]>;
}

const maxProbeMs = 5_000;
/** From when on, and how often at most, it is worth finding out why an instance is not ready. */
const explainEveryMs = 1_000;

/** Close together at first, when a cold start waits for them; later, or where each costs the app an answer, seldom. */
function pauseMs(ageMs: number, answered: boolean): number {
  if (ageMs < 2_000) return answered ? 50 : 5;
  return ageMs < 10_000 ? 50 : 500;
}

/**
 * Resolves with the host at which the instance answers (null for a worker, which only has to live for a while) once it is ready,
 * or with undefined when the signal aborts. It is told meanwhile that something listens, once, and why it is not ready.
 */
export async function untilReady(
  target: ReadinessTarget,
  health: HealthCheck | null,
  deps: ReadinessDeps,
  { onReason, onListens }: ReadinessListener,
  signal: AbortSignal,
): Promise<string | null | undefined> {
  const { clock } = deps;
  if (health === null) {
    await clock.sleep(Math.max(0, target.startedAt + deps.workerReadyAfterMs - clock.now()), signal);
    return signal.aborted ? undefined : null;
  }
  const probeTimeoutMs = Math.min(maxProbeMs, health.timeoutMs / 2);
  const ask = () => probeHttp(target, health.path, probeTimeoutMs, signal);
  let explainAt = target.startedAt + Math.min(explainEveryMs, health.timeoutMs / 2);
  let listens = false;
  while (!signal.aborted) {
    let probe = await ask();
    if (!listens && probe.kind !== "refused" && !signal.aborted) {
      listens = true;
      onListens();
    }
    if (hostOf(probe) === null && (clock.now() >= explainAt || probe.kind === "answered")) {
      const listening = await target.listening();
      // It may have begun to listen since it was asked.
      if (probe.kind === "refused" && listening.some(({ port }) => port === target.ownPort)) probe = await ask();
      if (hostOf(probe) === null) onReason(whyNotReady(probe, target, health.path, listening));
      explainAt = clock.now() + explainEveryMs;
    }
    const host = hostOf(probe);
    if (host !== null) return signal.aborted ? undefined : host;
    await clock.sleep(pauseMs(clock.now() - target.startedAt, probe.kind === "answered"), signal);
  }
  return undefined;
}

/** Where it answers as it should; null where it does not. */
function hostOf(probe: Probe): string | null {
  return probe.kind === "answered" && probe.status < 500 ? probe.host : null;
}
