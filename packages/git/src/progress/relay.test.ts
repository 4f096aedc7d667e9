import type { NewOperationEvent, Operation } from "@berth/core";
import { expect, test } from "vitest";
import { makeMemoryStore, newOperation } from "../testing/memory-store.ts";
import { relayOperation } from "./relay.ts";

const operation = newOperation("op_1", { app: "shop", environment: "production", kind: "deploy", actor: "ada" });
const line = (text: string): NewOperationEvent => ({
  at: 0,
  phase: "build",
  service: null,
  kind: "line",
  text,
  durationMs: null,
});

test("each event is shown once and in order: those before, those while it is read, and those after", async () => {
  const store = makeMemoryStore();
  store.append("op_1", line("1"));
  store.append("op_1", line("2"));
  const { promise: done, resolve: end } = Promise.withResolvers<Operation>();
  const shown: string[] = [];
  const relaying = relayOperation(store.operations, { operation, done }, ({ text }) => {
    shown.push(text);
    if (text === "1") store.append("op_1", line("3"));
  });
  store.append("op_1", line("4"));
  await new Promise(setImmediate);
  store.append("op_1", line("5"));
  end({ ...operation, state: "succeeded" });
  expect(await relaying).toMatchObject({ state: "succeeded" });
  expect(shown).toHaveLength(5);
  expect(new Set(shown).size).toBe(5);
});
