import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock } from "@berth/core";
import { Deadlines } from "../deadlines.ts";
import { type LimitShares, wholeLimits } from "../limit-shares.ts";
import { defaultLimits, type Limits } from "../limits.ts";
import { RefusalCounts } from "../refusals.ts";
import { makeRanges } from "./trusted.ts";

/** What all servers of a process share that take requests: how much they take, from whom, and what they refused. */
export interface Edge {
  limits: Limits;
  /** Who keeps those of connections and requests with other processes at the same port. */
  shares: LimitShares;
  refusals: RefusalCounts;
  /** Whether what the peer with this address says of its client is believed. */
  isTrusted(address: string): boolean;
  /** Trusted peers begin each connection with a PROXY header. */
  proxyProtocol: boolean;
  deadlines: Deadlines;
  /** Connections of which nothing more is taken: a request of theirs was refused for what it is. */
  spoiled: WeakSet<Duplex>;
  /** Connections that are open now. */
  open: { connections: number; byClient: Map<string, number> };
}

export interface EdgeSettings {
  limits?: Partial<Limits>;
  /** Ranges of addresses, such as `10.0.0.0/8`. */
  trustedProxies?: readonly string[];
  proxyProtocol?: boolean;
}

export function makeEdge(
  clock: Clock,
  { limits = {}, trustedProxies = [], proxyProtocol = false }: EdgeSettings = {},
  shares: LimitShares = wholeLimits,
): Edge {
  const isTrusted = trustedProxies.length === 0 ? () => false : makeRanges(trustedProxies);
  return {
    limits: { ...defaultLimits, ...limits },
    shares,
    refusals: new RefusalCounts(),
    isTrusted: (address) => isIP(address) !== 0 && isTrusted(address),
    proxyProtocol,
    deadlines: new Deadlines(clock),
    spoiled: new WeakSet(),
    open: { connections: 0, byClient: new Map() },
  };
}
