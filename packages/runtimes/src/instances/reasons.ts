import type { Listening } from "./listening.ts";
import type { Probe } from "./probe.ts";

/** How an instance should be reached. */
export interface ReasonTarget {
  /** What PORT says to it. */
  ownPort: number;
  isOnLoopback: boolean;
}

const loopback = /^(127\.|::1$)/;

export interface NotReady {
  /** For the developer whose code it is: a clause that begins with "it" and needs no full stop. */
  reason: string;
  /** It listens, but not where it is reached. */
  isElsewhere: boolean;
}

/** Why a running instance is not ready. */
export function whyNotReady(
  probe: Probe,
  { ownPort: port, isOnLoopback }: ReasonTarget,
  path: string,
  listening: readonly Listening[],
): NotReady {
  const other = (reason: string) => ({ reason, isElsewhere: false });
  if (probe.kind === "answered") {
    return other(`it answers ${probe.status} on ${path}; anything below 500 counts as healthy`);
  }
  const here = listening.filter((listener) => listener.port === port);
  const isReached = here.some(({ host }) => isOnLoopback || !loopback.test(host));
  // What stands between may take connections for a program that does not: then where it listens says more.
  if (probe.kind === "silent" && (isReached || listening.length === 0)) {
    return other(`it accepts connections on PORT ${port} but has not answered ${path}`);
  }
  if (here.length > 0) {
    const hosts = here.map(({ host }) => host).join(", ");
    const better = isOnLoopback ? "0.0.0.0 or localhost" : "0.0.0.0";
    const reason = `it listens on ${hosts} only; it should listen on ${better}, port $PORT (${port})`;
    return { reason, isElsewhere: true };
  }
  const others = [...new Set(listening.map((listener) => listener.port))].sort((a, b) => a - b);
  if (others.length > 0) {
    return { reason: `it listens on ${others.join(" and ")} instead of $PORT (${port})`, isElsewhere: true };
  }
  return other(`it has not answered on PORT ${port}: nothing listens there`);
}

/** A pause or a time, as a person says it: `40 ms`, `2 s`, `3 min`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 120_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`;
}
