import type { KubeObject } from "../object.ts";
import { microTime } from "../objects/micro-time.ts";

/** A Lease of coordination.k8s.io/v1, as far as it is read and written. */
export interface LeaseObject extends KubeObject {
  spec?: {
    /** Missing or null where nobody holds it. */
    holderIdentity?: string | null;
    leaseDurationSeconds?: number;
    acquireTime?: string | null;
    renewTime?: string | null;
    leaseTransitions?: number;
  };
}

/** What a Lease says. Its times are left out: they are by another machine's clock. */
export interface LeaseRecord {
  /** Null where nobody holds it. */
  holder: string | null;
  labels: Readonly<Record<string, string>>;
  durationMs: number;
  /** How often it went from one holder to another. */
  transitions: number;
  acquiredAt: string | null;
  /** Changes with each renewal. */
  resourceVersion: string;
}

export function readRecord({ metadata, spec = {} }: LeaseObject, defaultDurationMs: number): LeaseRecord {
  const { holderIdentity, leaseDurationSeconds, leaseTransitions = 0, acquireTime } = spec;
  return {
    holder: holderIdentity ?? null,
    labels: metadata.labels ?? {},
    durationMs: leaseDurationSeconds === undefined ? defaultDurationMs : leaseDurationSeconds * 1_000,
    transitions: leaseTransitions,
    acquiredAt: acquireTime ?? null,
    resourceVersion: metadata.resourceVersion ?? "",
  };
}

/** The spec of a Lease that `identity` takes now, or renews. `before` is what it said until then. */
export function makeSpec(
  { identity, durationMs, now }: { identity: string; durationMs: number; now: number },
  before: LeaseRecord | null,
): LeaseObject["spec"] {
  const time = microTime(now);
  const isRenewal = before?.holder === identity;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(durationMs / 1_000),
    acquireTime: isRenewal ? (before.acquiredAt ?? time) : time,
    renewTime: time,
    leaseTransitions: (before?.transitions ?? 0) + (isRenewal || before === null ? 0 : 1),
  };
}
