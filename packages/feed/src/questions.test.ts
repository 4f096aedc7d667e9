import type { Clock } from "@berth/core";
import { expect, it } from "vitest";
import { makeQuestions } from "./questions.ts";

const never: Clock = {
  now: () => 0,
  sleep: (_, signal) => new Promise((done) => signal?.addEventListener("abort", () => done())),
};

it("asks the same once, and tells everyone who waits", async () => {
  const sent: object[] = [];
  const questions = makeQuestions(never);
  const ask = (workload: string) =>
    questions.ask({ kind: "wake", workload, by: "curl" }, (message) => void sent.push(message));
  const [one, same, other] = [ask("a"), ask("a"), ask("b")];
  expect(sent).toEqual([
    { kind: "wake", workload: "a", by: "curl", id: 1 },
    { kind: "wake", workload: "b", by: "curl", id: 2 },
  ]);
  questions.answer({ kind: "answer", id: 1, found: true, error: null });
  questions.answer({ kind: "answer", id: 2, found: false, error: "no room" });
  questions.answer({ kind: "answer", id: 9, found: true, error: null });
  expect(await Promise.all([one, same])).toEqual([true, true]);
  await expect(other).rejects.toThrow("no room");
  expect(questions.open()).toEqual([]);
});

it("forgets visits that nobody answers, and no wakes", async () => {
  const questions = makeQuestions({ now: () => 0, sleep: async () => undefined });
  const wake = questions.ask({ kind: "wake", workload: "a", by: "curl" }, () => undefined);
  const visit = questions.ask({ kind: "visit", app: "shop", version: 1 }, () => undefined);
  await expect(visit).rejects.toThrow("does not answer");
  expect(questions.open()).toMatchObject([{ kind: "wake" }]);
  questions.close(new Error("over"));
  await expect(wake).rejects.toThrow("over");
});
