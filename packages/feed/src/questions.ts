import { BerthError } from "@berth/core";
import type { FromRouter, FromServer } from "./messages.ts";

type Question = Extract<FromRouter, { kind: "wake" | "visit" }>;
type Asked = { kind: "wake"; workload: string } | { kind: "visit"; app: string; version: number };

/** What a router has asked of the server and has no answer to yet. A new connection asks all of it again: both may be asked twice. */
export interface Questions {
  ask(what: Asked): { message: Question; answered: Promise<boolean> };
  open(): readonly Question[];
  answer(answer: Extract<FromServer, { kind: "answer" }>): void;
  close(error: Error): void;
}

export function makeQuestions(): Questions {
  const waiting = new Map<number, { message: Question; resolve(found: boolean): void; reject(error: Error): void }>();
  let last = 0;
  return {
    ask(what) {
      const id = (last += 1);
      const message = { ...what, id };
      const { promise, resolve, reject } = Promise.withResolvers<boolean>();
      waiting.set(id, { message, resolve, reject });
      return { message, answered: promise };
    },
    open: () => [...waiting.values()].map(({ message }) => message),
    answer({ id, found, error }) {
      const question = waiting.get(id);
      waiting.delete(id);
      if (error === null) question?.resolve(found);
      else question?.reject(new BerthError("runtime.failed", error));
    },
    close(error) {
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    },
  };
}
