import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { PodReach } from "./pod-reach.ts";

function open(tryConnect?: (host: string) => Promise<boolean>) {
  const errors: string[] = [];
  const seen = { changes: 0, errors };
  const log = { debug() {}, info() {}, warn() {}, error: (_: object, text: string) => void errors.push(text) };
  const clock = { now: () => 0, sleep: async () => undefined };
  const reach = new PodReach({ clock, log, ...(tryConnect && { tryConnect }), onChange: () => (seen.changes += 1) });
  onTestFinished(() => reach.close());
  return { reach, seen };
}

it("a pod that can be connected to proves that pods are reached, once for all", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const { reach, seen } = open();
  await reach.ask("127.0.0.1", (server.address() as AddressInfo).port);
  expect(reach.isProven).toBe(true);
  await reach.ask("127.0.0.1", 1);
  expect(seen).toEqual({ changes: 1, errors: [] });
});

it("pods that are out of reach are said to be, in a log once and in a sentence for who deploys", async () => {
  let isOpen = false;
  const { reach, seen } = open(async () => isOpen);
  await reach.ask("10.244.0.9", 8_080);
  await reach.ask("10.244.0.9", 8_080);
  expect(seen.errors).toEqual([expect.stringContaining("The router of this server does not reach pods")]);
  expect(reach.reason("10.244.0.9")).toContain("has no way to its address 10.244.0.9");
  expect(reach.reason("10.244.0.8")).toBeNull();
  isOpen = true;
  await reach.ask("10.244.0.9", 8_080);
  expect(reach.reason("10.244.0.9")).toBeNull();
});
