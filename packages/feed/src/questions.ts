import { BerthError, type Clock } from "@berth/core";
import type { FromRouter, FromServer } from "./messages.ts";

type Question = Extract<FromRouter, { kind: "wake" | "visit" }>;
type Asked = { kind: "wake"; workload: string; by: string } | { kind: "visit"; app: string; version: number };

/** What a router has asked of the server and has no answer to yet. A new connection asks all of it again: both may be asked twice. */
export interface Questions {
  /** Rejects with what the server could not do, or after the deadline. What is being asked already is not asked again. */
  ask(what: Asked, send: (message: Question) => void): Promise<boolean>;
  open(): readonly Question[];
  answer(answer: Extract<FromServer, { kind: "answer" }>): void;
  close(error: Error): void;
}

interface Waiting {
  message: Question;
  answered: Promise<boolean>;
  resolve(found: boolean): void;
  reject(error: Error): void;
  deadline: AbortController;
}

/** Anyone may ask for any release, so that what is not answered is forgotten; workloads are those of the table. */
const visitDeadlineMs = 30_000;

export function makeQuestions(clock: Clock): Questions {
  const byKey = new Map<string, Waiting>();
  let last = 0;

  function take(key: string): Waiting | undefined {
    const waiting = byKey.get(key);
    byKey.delete(key);
    waiting?.deadline.abort();
    return waiting;
  }

  async function expire(key: string, { deadline }: Waiting) {
    await clock.sleep(visitDeadlineMs, deadline.signal);
    if (deadline.signal.aborted) return;
    take(key)?.reject(new BerthError("server.unreachable", "The Berth server does not answer."));
  }

  return {
    ask(what, send) {
      const key = what.kind === "wake" ? `wake ${what.workload}` : `visit ${what.app} ${what.version}`;
      const known = byKey.get(key);
      if (known !== undefined) return known.answered;
      last += 1;
      const { promise: answered, resolve, reject } = Promise.withResolvers<boolean>();
      const waiting = { message: { ...what, id: last }, answered, resolve, reject, deadline: new AbortController() };
      byKey.set(key, waiting);
      if (what.kind === "visit") void expire(key, waiting);
      send(waiting.message);
      return answered;
    },
    open: () => [...byKey.values()].map(({ message }) => message),
    answer({ id, found, error }) {
      const key = [...byKey].find(([, { message }]) => message.id === id)?.[0];
      const question = key === undefined ? undefined : take(key);
      if (error === null) question?.resolve(found);
      else question?.reject(new BerthError("runtime.failed", error));
    },
    close(error) {
      for (const key of byKey.keys()) take(key)?.reject(error);
    },
  };
}
