import type { Requester } from "@berth/core";
import type { Arrival } from "./arrival.ts";
import { originOf } from "./headers/origin.ts";
import { agentFamily } from "./user-agent.ts";

interface Place {
  agent: string;
  network: string;
  firstAt: number;
  lastAt: number;
  /** Requests, of which each counts for less the longer it is ago. */
  weight: number;
}

const places = 32;
const toldPlaces = 5;
/** A request counts for 1/e after this time, so that a steady rate per hour is the weight itself. */
const fadesMs = 3_600_000;
const leastAgeMs = 600_000;
const forgottenAfterMs = 86_400_000;

/**
 * Who asks a service that may sleep: by program and network, at most 32 of them. Where another comes it takes the place of the one that
 * counts least, and what that counted (space saving, Metwally et al. 2005), so that who asks much is never missed.
 */
export class Requesters {
  readonly #places = new Map<string, Place>();

  note({ req, host }: Pick<Arrival, "req" | "host">, now: number): void {
    const agent = agentOf(req.headers["user-agent"]);
    const network = networkOf(originOf(req, host).client);
    const key = `${agent} ${network}`;
    const known = this.#places.get(key);
    if (known !== undefined) {
      known.weight = weightAt(known, now) + 1;
      known.lastAt = now;
      return;
    }
    const replaced = this.#places.size < places ? null : this.#removeLeast(now);
    const weight = replaced === null ? 0 : weightAt(replaced, now);
    this.#places.set(key, { agent, network, firstAt: replaced?.firstAt ?? now, lastAt: now, weight: weight + 1 });
  }

  /** Those that ask most, the first ones. */
  top(now: number): Requester[] {
    for (const [key, { lastAt }] of this.#places) if (now - lastAt > forgottenAfterMs) this.#places.delete(key);
    return [...this.#places.values()]
      .map((place) => ({
        agent: place.agent,
        network: place.network,
        perHour: rateAt(place, now),
        lastAt: place.lastAt,
      }))
      .toSorted((a, b) => b.perHour - a.perHour)
      .slice(0, toldPlaces);
  }

  /** Looks at each of a few places: who comes with a new name each time makes this run with every request. */
  #removeLeast(now: number): Place | null {
    let least: [key: string, place: Place] | null = null;
    let leastWeight = Infinity;
    for (const entry of this.#places) {
      const weight = weightAt(entry[1], now);
      if (weight >= leastWeight) continue;
      least = entry;
      leastWeight = weight;
    }
    if (least === null) return null;
    this.#places.delete(least[0]);
    return least[1];
  }
}

function weightAt({ weight, lastAt }: Place, now: number): number {
  return weight * Math.exp((lastAt - now) / fadesMs);
}

/** The weight of a steady rate grows as 1 - e^(-age): without that, who has just begun would seem to ask seldom. */
function rateAt(place: Place, now: number): number {
  const age = Math.max(leastAgeMs, now - place.firstAt);
  return weightAt(place, now) / (1 - Math.exp(-age / fadesMs));
}

/** A few programs of a few networks ask again and again; what comes with thousands of names is not worth more room. */
const maxKept = 256;
const agentOf = keeping(agentFamily);
const networkOf = keeping(networkOfAddress);

/** Finds again what a text has led to before. */
function keeping<Text extends string | undefined>(find: (text: Text) => string): (text: Text) => string {
  const kept = new Map<Text, string>();
  return (text) => {
    const known = kept.get(text);
    if (known !== undefined) return known;
    if (kept.size >= maxKept) kept.clear();
    const found = find(text);
    kept.set(text, found);
    return found;
  };
}

/** The network that an address is in: 24 bits of IPv4, 48 of IPv6. It names no single client. */
export function networkOfAddress(address: string): string {
  const plain = address.replace(/^::ffff:/i, "");
  if (plain === "") return "unknown";
  if (!plain.includes(":")) return plain.replace(/\.\d+$/, ".0/24");
  const [head = ""] = plain.split("::", 1);
  const groups = [...head.split(":").filter((group) => group !== ""), "0", "0", "0"];
  return `${groups.slice(0, 3).join(":")}::/48`;
}
