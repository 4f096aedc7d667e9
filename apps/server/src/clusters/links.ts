import { type BerthError, type Clock, type Log, toBerthError } from "@berth/core";
import type { ClusterMember } from "./open-member.ts";

/** The connections to registered clusters: each is tried until it is there, and stays then. */
export interface ClusterLinks {
  /** Begins to connect. Resolves when it was tried once. */
  open(name: string): Promise<void>;
  /** Takes one that is connected. */
  hold(name: string, member: ClusterMember): Promise<void>;
  /** Those that are connected. */
  member(name: string): ClusterMember | null;
  /** Why one is not; null where it is, or was not tried yet. */
  trouble(name: string): BerthError | null;
  /** Lets one go; it was not closed. */
  drop(name: string): ClusterMember | null;
  close(): Promise<void>;
}

export interface LinksDeps {
  connect(name: string): Promise<ClusterMember>;
  onJoin(name: string, member: ClusterMember): Promise<void>;
  onAway(name: string, why: BerthError): void;
  clock: Clock;
  log: Log;
}

const retryMs = { first: 1_000, most: 30_000 };

export function makeLinks({ connect, onJoin, onAway, clock, log }: LinksDeps): ClusterLinks {
  const members = new Map<string, ClusterMember>();
  const trying = new Map<string, AbortController>();
  const troubles = new Map<string, BerthError>();

  async function attempt(name: string, signal: AbortSignal): Promise<boolean> {
    try {
      const member = await connect(name);
      if (signal.aborted) {
        await member.close();
        return true;
      }
      await hold(name, member);
      if (troubles.delete(name)) log.warn({ cluster: name }, `The cluster ${name} is back`);
      return true;
    } catch (error) {
      if (signal.aborted) return true;
      const why = toBerthError(error);
      if (troubles.get(name)?.message !== why.message)
        log.warn(
          { cluster: name, problem: why.message, hint: why.hint },
          `The cluster ${name} is away; it is tried again and again. What runs there goes on`,
        );
      troubles.set(name, why);
      onAway(name, why);
      return false;
    }
  }

  async function hold(name: string, member: ClusterMember): Promise<void> {
    members.set(name, member);
    await onJoin(name, member);
  }

  async function goOn(name: string, signal: AbortSignal): Promise<void> {
    for (let pauseMs = retryMs.first; !signal.aborted; pauseMs = Math.min(retryMs.most, pauseMs * 2)) {
      await clock.sleep(pauseMs, signal);
      if (signal.aborted || (await attempt(name, signal))) return;
    }
  }

  return {
    async open(name) {
      const abort = new AbortController();
      trying.set(name, abort);
      const isThere = await attempt(name, abort.signal);
      if (!isThere) void goOn(name, abort.signal);
    },
    hold,
    member: (name) => members.get(name) ?? null,
    trouble: (name) => troubles.get(name) ?? null,
    drop(name) {
      trying.get(name)?.abort();
      trying.delete(name);
      troubles.delete(name);
      const member = members.get(name) ?? null;
      members.delete(name);
      return member;
    },
    async close() {
      for (const abort of trying.values()) abort.abort();
      await Promise.all([...members.values()].map((member) => member.close()));
    },
  };
}
