import type { Endpoint, RoutedInstance } from "@berth/core";
import { InstanceHealth } from "./instance-health.ts";
import { Connections, type ConnectionsOptions } from "./upstream/connections.ts";

/** So long an instance that has just begun beside others gets less than they do. */
const slowStartMs = 5_000;
/** What it gets at first. */
const leastWeight = 0.1;

/** An instance as the router sees it: what is in flight, and the connections to it. */
export class Instance {
  readonly id: string;
  readonly endpoint: Endpoint;
  readonly health = new InstanceHealth();
  readonly connections: Connections;
  inFlight = 0;
  /** How many requests this router may have there at once. */
  quota = Infinity;
  #slowFrom: number | null = null;

  constructor(routed: RoutedInstance, options: ConnectionsOptions) {
    this.id = routed.id;
    this.endpoint = routed.endpoint;
    this.connections = new Connections(routed.endpoint, options);
  }

  get isFull(): boolean {
    return this.inFlight >= this.quota;
  }

  /** Others have been there before it: until the moment that is returned it gets less than they do. */
  beginSlowly(now: number): number {
    this.#slowFrom = now;
    return now + slowStartMs;
  }

  /** What share of a full load it should get, up to 1: it grows evenly, as with Envoy's slow start. */
  weight(now: number): number {
    if (this.#slowFrom === null) return 1;
    const share = (now - this.#slowFrom) / slowStartMs;
    if (share >= 1) this.#slowFrom = null;
    return Math.min(1, Math.max(leastWeight, share));
  }
}
