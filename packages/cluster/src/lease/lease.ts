import { BerthError } from "@berth/core";
import type { Clock, ErrorCode, Log, Random } from "@berth/core";
import { fraction } from "../calls/backoff.ts";
import { refusalOf } from "../calls/refusal.ts";
import type { Cluster } from "../cluster.ts";
import type { ObjectRef } from "../object.ts";
import { decideLease, defaultTiming } from "./decide-lease.ts";
import type { LeaseTiming } from "./decide-lease.ts";
import { makeSpec, readRecord } from "./lease-record.ts";
import type { LeaseObject, LeaseRecord } from "./lease-record.ts";
import { longestBetween, shortestBetween } from "./moment.ts";
import type { Moment } from "./moment.ts";

/** Another that holds the lease. */
export interface OtherHolder {
  identity: string;
  /** Of the Lease. */
  labels: Readonly<Record<string, string>>;
  /** It has renewed the lease while this one looked: so it runs. */
  isAlive: boolean;
}

export interface LeaseOptions {
  /** A client for nothing else: behind the calls of others a renewal could come too late. */
  cluster: Cluster;
  namespace: string;
  name: string;
  /** Who holds it. The same after a restart only where the one before has surely ended: what is one's own is taken at once. */
  identity: string;
  labels: Readonly<Record<string, string>>;
  /** Who is named as the manager of the fields. */
  manager: string;
  timing?: LeaseTiming;
  /** Makes the namespace, where the Lease has to be made. */
  makeNamespace(): Promise<void>;
  /** Hears of another holder each time it is seen. May answer why it is of no use to wait: that ends it where this one has never held the lease. */
  onOther(other: OtherHolder): BerthError | null;
  deps: {
    clock: Clock;
    /** Ms by a clock that cannot be set. */
    steady(): number;
    random: Random;
    log: Log;
  };
}

/** The right to act, which one at a time has. */
export interface Lease {
  /** Resolves when it is held for the first time. */
  ready(): Promise<void>;
  /** Aborts when the lease is not surely held any more. Throws `cluster.standby` or `cluster.unreachable` where it is not now. */
  term(): AbortSignal;
  /** Gives it back, so that another can have it at once. Nothing may be under way any more. */
  release(): Promise<void>;
}

/** What does not pass by itself, so that a start ends with it. */
const lasting: ReadonlySet<string> = new Set<ErrorCode>(["cluster.forbidden", "cluster.invalid"]);
/** The first look at what happened meanwhile comes so soon. */
const soonMs = 50;
const releaseMs = 3_000;

/** Takes a Lease as soon as it is free, and keeps it. */
export function startLease(options: LeaseOptions): Lease {
  const { cluster, identity, labels, manager, timing = defaultTiming, deps } = options;
  const { clock, steady, random, log } = deps;
  const { durationMs, renewDeadlineMs, retryMs } = timing;
  const kind = { apiVersion: "coordination.k8s.io/v1", kind: "Lease" };
  const ref: ObjectRef = { ...kind, namespace: options.namespace, name: options.name };
  const closing = new AbortController();
  const ready = Promise.withResolvers<void>();
  ready.promise.catch(() => {});
  let wasHeld = false;
  let seen: { record: LeaseRecord; since: Moment; changes: number } | null = null;
  /** `sentAt`: when the last renewal that went well was asked for. */
  let held: { sentAt: Moment; term: AbortController } | null = null;
  let other: string | null = null;
  let trouble: BerthError | null = null;

  const now = (): Moment => ({ wall: clock.now(), steady: steady() });
  const leftMs = () => (held === null ? 0 : renewDeadlineMs - longestBetween(held.sentAt, now()));

  function see(object: LeaseObject | null): void {
    if (object === null) {
      seen = null;
      return;
    }
    const record = readRecord(object, durationMs);
    if (seen?.record.resourceVersion === record.resourceVersion) return;
    const isSameHolder = seen?.record.holder === record.holder;
    seen = { record, since: now(), changes: isSameHolder ? seen!.changes + 1 : 0 };
  }

  function hold(sentAt: Moment): void {
    trouble = null;
    other = null;
    if (held !== null) {
      held.sentAt = sentAt;
      return;
    }
    held = { sentAt, term: new AbortController() };
    void watchTerm(held.term);
    if (wasHeld) log.warn({ lease: ref.name }, "This server acts on the cluster again");
    wasHeld = true;
    ready.resolve();
  }

  /** Ends the term when its time is over, whatever the loop is waiting for. */
  async function watchTerm(term: AbortController): Promise<void> {
    while (held?.term === term) {
      if (leftMs() <= 0) return end();
      await clock.sleep(leftMs(), term.signal);
    }
  }

  function end(): void {
    const ended = held;
    if (ended === null) return;
    held = null;
    const why = notHeld();
    log.warn({ lease: ref.name, reason: why.message }, "This server does not act on the cluster for now");
    ended.term.abort(why);
  }

  function notHeld(): BerthError {
    if (other !== null) {
      return new BerthError("cluster.standby", `Another server of Berth acts on the cluster: ${other}.`, {
        path: ref.name,
        hint: "This one goes on as soon as the other has ended.",
      });
    }
    return trouble ?? unanswered();
  }

  function unanswered(): BerthError {
    return new BerthError(
      "cluster.unreachable",
      `The cluster at ${new URL(cluster.server).host} does not answer in time.`,
      {
        path: cluster.server,
        hint: "It is tried again by itself; kubectl get --raw /readyz says how the API server is.",
      },
    );
  }

  /** Makes, takes or renews it, or sees who has it. Returns when to do so again. */
  async function attempt(): Promise<number> {
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(renewDeadlineMs)]);
    const isRenewal = held !== null && seen?.record.holder === identity;
    if (!isRenewal) see(await cluster.get<LeaseObject>(ref, { signal }));
    const step = decideLease(seen && { ...seen, unchangedMs: shortestBetween(seen.since, now()) }, identity);
    if (step.kind === "wait") {
      other = step.holder;
      end();
      const { record, changes } = seen!;
      const hopeless = options.onOther({ identity: step.holder, labels: record.labels, isAlive: changes > 0 });
      if (hopeless !== null && !wasHeld) ready.reject(hopeless);
      return retryMs;
    }
    if (step.kind === "make") await options.makeNamespace();
    const sentAt = now();
    const written = await (seen === null ? make(signal) : take(seen.record, signal));
    if (written === null) {
      // Somebody was faster, or has removed it: it is looked at anew.
      see(null);
      return soonMs;
    }
    see(written);
    hold(sentAt);
    return retryMs;
  }

  function make(signal: AbortSignal): Promise<LeaseObject | null> {
    const metadata = { namespace: options.namespace, name: options.name, labels: { ...labels } };
    const spec = makeSpec({ identity, durationMs, now: clock.now() }, null);
    return cluster.create<LeaseObject>({ ...kind, metadata, ...(spec && { spec }) }, { manager, signal });
  }

  async function take(before: LeaseRecord, signal: AbortSignal): Promise<LeaseObject | null> {
    const { resourceVersion } = before;
    const spec = makeSpec({ identity, durationMs, now: clock.now() }, before);
    const patch = { metadata: { resourceVersion, labels }, spec };
    try {
      return await cluster.patch<LeaseObject>(ref, patch, { manager, signal });
    } catch (error) {
      if (refusalOf(error)?.status === 409) return null;
      throw error;
    }
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      let pauseMs = retryMs;
      try {
        pauseMs = await attempt();
      } catch (error) {
        if (closing.signal.aborted) break;
        const before = trouble?.message;
        trouble = error instanceof BerthError ? error : unanswered();
        if (trouble.message !== before)
          log.warn(
            { err: error, lease: ref.name },
            "The lease to act on the cluster cannot be had or renewed; trying again",
          );
        if (!wasHeld && lasting.has(trouble.code)) ready.reject(trouble);
      }
      // Many that wait do not come at one moment.
      await clock.sleep(pauseMs * (1 + fraction(random) / 5), closing.signal);
    }
  }

  const running = run();

  return {
    ready: () => ready.promise,
    term() {
      if (held !== null && leftMs() > 0) return held.term.signal;
      end();
      throw notHeld();
    },
    async release() {
      closing.abort(new Error("the lease was given back"));
      ready.reject(closing.signal.reason);
      await running;
      if (held === null || seen === null) return;
      held.term.abort(closing.signal.reason);
      held = null;
      const patch = { metadata: { resourceVersion: seen.record.resourceVersion }, spec: { holderIdentity: null } };
      // Where it cannot be given back it runs out.
      await cluster.patch(ref, patch, { manager, signal: AbortSignal.timeout(releaseMs) }).catch(() => {});
    },
  };
}
