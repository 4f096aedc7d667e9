import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { isFree, makePortAllocator } from "./ports.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

function listen(host: string): Promise<number> {
  const server = createServer();
  servers.push(server);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, () => resolve((server.address() as AddressInfo).port));
  });
}

describe("ports", () => {
  it.each(["127.0.0.1", "0.0.0.0"])("sees that somebody listens at %s", async (host) => {
    const port = await listen(host);
    expect(await isFree(port)).toBe(false);
  });

  it("gives out ports in turn, and none that is taken or in use", async () => {
    const busy = await listen("127.0.0.1");
    const next = makePortAllocator({ first: busy, last: busy + 100 }, () => 0);
    const given = [await next((port) => port === busy + 1), await next(() => false)];
    expect(given[0]).toBeGreaterThan(busy + 1);
    expect(given[1]).toBeGreaterThan(given[0]!);
  });

  it("does not give one out twice while others are left", async () => {
    const next = makePortAllocator({ first: 31_000, last: 31_999 }, () => Math.floor(Math.random() * 256));
    const ports = await Promise.all(Array.from({ length: 20 }, () => next(() => false)));
    expect(new Set(ports).size).toBe(20);
  });

  it("says so when none is left", async () => {
    const next = makePortAllocator({ first: 31_000, last: 31_003 }, () => 0);
    await expect(next(() => true)).rejects.toMatchObject({ code: "runtime.failed" });
  });
});
