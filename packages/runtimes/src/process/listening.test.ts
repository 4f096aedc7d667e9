import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { readStat } from "./keeper/proc.ts";
import { listeningOf } from "./listening.ts";

describe("listeningOf", () => {
  it("finds where a process group listens", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const group = readStat(process.pid)!.group;
    expect(await listeningOf(group)).toContainEqual(expect.objectContaining({ host: "127.0.0.1", port }));
    server.close();
  });
});
