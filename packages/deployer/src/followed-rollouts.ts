import type { OperationError } from "@berth/core";
import type { RolloutProgress } from "./rollout-progress.ts";

/** Those who wait for a rollout of an environment: what they are shown, and how it ended for them. */
export interface FollowedRollouts {
  /** Resolves when the rollout is live and routed (null), or given up (why). */
  follow(version: number, progress: RolloutProgress): Promise<OperationError | null>;
  progressOf(version: number): RolloutProgress | null;
  /** This one was given up; who waits is told when the environment has gone back. */
  gaveUp(version: number, error: OperationError): void;
  /** All but this one are over: whoever waits for them is told. */
  endAllBut(version: number | null): void;
  /** Tells everyone who waits that it failed, before the store could be told. It must not become live after that. */
  abandonAll(error: OperationError): void;
  /** What was told of a rollout that was abandoned. */
  abandoned(version: number): OperationError | null;
  /** Ends each as `end` says. */
  interruptAll(end: (version: number) => Promise<OperationError | null>): Promise<void>;
}

interface Followed {
  progress: RolloutProgress;
  error: OperationError | null;
  ended(error: OperationError | null): void;
}

export function makeFollowedRollouts(): FollowedRollouts {
  const followed = new Map<number, Followed>();
  const abandoned = new Map<number, OperationError>();

  function end(version: number, error: OperationError | null) {
    followed.get(version)?.ended(error);
    followed.delete(version);
  }

  return {
    follow: (version, progress) =>
      new Promise((ended) => {
        followed.set(version, { progress, ended, error: null });
      }),
    progressOf: (version) => followed.get(version)?.progress ?? null,
    gaveUp(version, error) {
      abandoned.delete(version);
      const rollout = followed.get(version);
      if (rollout !== undefined) rollout.error = error;
    },
    endAllBut(current) {
      for (const [version, { error }] of followed) if (version !== current) end(version, error);
    },
    abandonAll(error) {
      for (const version of followed.keys()) {
        abandoned.set(version, error);
        end(version, error);
      }
    },
    abandoned: (version) => abandoned.get(version) ?? null,
    async interruptAll(interrupt) {
      for (const version of followed.keys()) end(version, await interrupt(version));
    },
  };
}
