import { mkdtemp, rm } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { connectEngine } from "./engine.ts";
import { describeWithDocker } from "./testing/requires-docker.ts";
import { isOlder, negotiateApiVersion } from "./version.ts";

describe("connectEngine", () => {
  it("says that nothing is at a socket, and what to do", async () => {
    await expect(connectEngine({ host: "unix:///nowhere/docker.sock" })).rejects.toMatchObject({
      code: "engine.unreachable",
      hint: expect.stringContaining("DOCKER_HOST"),
    });
  });

  it("refuses an engine of another machine before it is asked anything, where it has to be here", async () => {
    await expect(connectEngine({ host: "tcp://192.0.2.7:2375", local: true })).rejects.toMatchObject({
      code: "settings.invalid",
      message: "The Docker engine at tcp://192.0.2.7:2375 is on another machine.",
    });
  });

  it.each([
    ["refuses", 404, "404 page not found"],
    ["is about something else", 200, "{}"],
  ])("says that what answers is no engine where it %s", async (_, status, body) => {
    const server = createHttpServer((_, res) => res.writeHead(status).end(body));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      await expect(connectEngine({ host: `tcp://127.0.0.1:${port}` })).rejects.toMatchObject({
        code: "settings.invalid",
        message: `What answers at tcp://127.0.0.1:${port} is no Docker engine.`,
      });
    } finally {
      server.close();
    }
  });

  it("gives up calls that wait for an answer that does not come", async () => {
    const folder = await mkdtemp(join(tmpdir(), "berth-engine-"));
    const path = join(folder, "docker.sock");
    const answers: Record<string, object> = {
      "/version": { ApiVersion: "1.41", Version: "20.10.24", Os: "linux", Arch: "amd64" },
      "/info": {},
    };
    // Answers what connecting asks, and nothing else.
    const server = createServer((socket) =>
      socket.on("data", (data) => {
        const answer = answers[data.toString().split(" ")[1] ?? ""];
        if (!answer) return;
        const body = JSON.stringify(answer);
        socket.end(
          `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        );
      }),
    );
    await new Promise<void>((resolve) => server.listen(path, resolve));
    try {
      const engine = await connectEngine({ host: `unix://${path}` });
      const call = engine.ask((docker) => docker.listContainers());
      engine.abandon();
      await expect(call).rejects.toMatchObject({ code: "engine.unreachable" });
    } finally {
      server.close();
      await rm(folder, { recursive: true });
    }
  });
});

describe("the version of the API", () => {
  it("is the engine's, up to what Berth was written for", () => {
    expect(negotiateApiVersion("1.41")).toBe("1.41");
    expect(negotiateApiVersion("1.99")).toBe("1.47");
    expect(() => negotiateApiVersion("1.40")).toThrow(/too old/);
  });

  it("compares by number", () => {
    expect([isOlder("1.9", "1.41"), isOlder("1.41", "1.41"), isOlder("2.0", "1.41")]).toEqual([true, false, false]);
  });
});

await describeWithDocker("an engine", (engine) => {
  it("tells what it is", () => {
    expect(engine.info.os).toBe("linux");
    expect(["amd64", "arm64"]).toContain(engine.info.architecture);
  });
});
