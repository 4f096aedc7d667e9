/** Who asks a service that may sleep, as the router counts it: by family of user agent and network, not by person. */
export interface Requester {
  /** Such as `UptimeRobot`, `curl`, or `browser`. */
  agent: string;
  /** Of the client: such as `203.0.113.0/24` or `2001:db8:1::/48`. */
  network: string;
  /** Requests in an hour, lately. */
  perHour: number;
  /** Ms since the epoch. */
  lastAt: number;
}

/** People look with it. */
export const browserAgent = "browser";

export interface Awakeness {
  /** Since when instances run without a break. */
  awakeForMs: number;
  /** `scale.idle`. */
  idleMs: number;
  requesters: readonly Requester[];
}

/** It has to be awake this many times longer than a single visit keeps it, and this long, to be worth a word. */
const tellAfterIdles = 4;
const tellAfterMs = 30 * 60_000;

/**
 * Those that each alone keep a service from ever falling asleep while nobody uses it: they ask more often than it takes to be idle. None
 * where a browser does so too, for then it is used.
 */
export function keptAwakeBy({ awakeForMs, idleMs, requesters }: Awakeness): Requester[] {
  if (awakeForMs < Math.max(tellAfterMs, tellAfterIdles * idleMs)) return [];
  const steady = requesters.filter(({ perHour }) => perHour * idleMs >= 3_600_000);
  if (steady.some(({ agent }) => agent === browserAgent)) return [];
  return steady.toSorted((a, b) => b.perHour - a.perHour);
}
