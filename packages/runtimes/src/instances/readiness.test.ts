import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { systemClock } from "@berth/core";
import type { Listening } from "./listening.ts";
import { untilReady } from "./readiness.ts";

it("does not say of a program that has just begun to listen that it listens where nobody reaches it", async () => {
  const server = createServer((_, response) => response.end("hello"));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  const target = {
    hosts: ["127.0.0.1"],
    port,
    ownPort: port,
    startedAt: 0,
    isOnLoopback: false,
    async listening(): Promise<Listening[]> {
      await once(server.listen(port, "127.0.0.1"), "listening");
      return [{ host: "::", port }];
    },
  };
  const reasons: string[] = [];
  const host = await untilReady(
    target,
    { path: "/", timeoutMs: 30_000 },
    { clock: systemClock, workerReadyAfterMs: 0 },
    { onReason: ({ reason }) => void reasons.push(reason), onListens: () => undefined },
    AbortSignal.timeout(10_000),
  );
  server.close();
  expect([host, reasons]).toEqual(["127.0.0.1", []]);
});
