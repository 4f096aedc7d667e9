import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { makeRouterDispatch } from "./router-dispatch.ts";

let absence: string | null = null;
const visited: string[] = [];
const server = createServer();

beforeAll(async () => {
  const dispatch = makeRouterDispatch({
    domain: "test",
    router: {
      handle: (_, response) => response.end("routed"),
      handleContinue: (_, response) => response.end("routed"),
      upgrade: (_, socket) => socket.end("HTTP/1.1 200 routed\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
    },
    metrics: (request, response) => {
      if (request.url !== "/metrics") return false;
      response.end("metrics");
      return true;
    },
    hasTable: () => absence !== "no table yet",
    absence: () => absence,
    hasHost: (host) => host === "shop--v1.test",
    async visit(app, version) {
      visited.push(`${app} v${version}`);
      if (version === 9) throw new Error("the server is away");
      return true;
    },
  });
  server.on("request", dispatch.handle).on("checkContinue", dispatch.handleContinue).on("upgrade", dispatch.upgrade);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
beforeEach(() => {
  absence = null;
  visited.length = 0;
});
afterAll(() => void server.close());

function ask(host: string, path = "/", headers: Record<string, string> = {}): Promise<string> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path, headers: { host, ...headers }, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => resolve(`${response.statusCode} ${text.trim()}`.trim()));
    })
      .on("error", reject)
      .end();
  });
}

it("asks the server for a release only where its permalink leads nowhere yet", async () => {
  expect(await ask("shop--v1.test")).toBe("200 routed");
  expect(await ask("shop.test")).toBe("200 routed");
  expect(visited).toEqual([]);
  expect(await ask("shop--v2.test")).toBe("200 routed");
  expect(visited).toEqual(["shop v2"]);
});

it("does not say that a release is gone where the server cannot be asked", async () => {
  expect(await ask("shop--v9.test")).toMatch(/^503 .*cannot be reached/);
  expect(await ask("shop--v9.test", "/", { expect: "100-continue" })).toMatch(/^503/);
  expect(await ask("shop--v9.test", "/", { connection: "upgrade", upgrade: "websocket" })).toMatch(/^503/);
});

it("answers probes, which come by an address, and leaves an app's own /healthz to it", async () => {
  expect(await ask("10.0.0.7:4000", "/healthz")).toBe("200 ready");
  expect(await ask("[::1]:4000", "/healthz")).toBe("200 ready");
  expect(await ask("shop.test", "/healthz")).toBe("200 routed");
  expect(await ask("10.0.0.7:4000", "/metrics")).toBe("200 metrics");
  expect(await ask("shop.test", "/metrics")).toBe("200 routed");
  absence = "no table yet";
  expect(await ask("10.0.0.7:4000", "/healthz")).toBe("503 no table yet");
  expect(await ask("shop.test")).toMatch(/^503 .*not heard of a Berth server/);
  absence = "ending";
  expect(await ask("10.0.0.7:4000", "/healthz")).toBe("503 ending");
  expect(await ask("shop.test")).toBe("200 routed");
});
