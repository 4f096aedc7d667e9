import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeDispatch } from "./dispatch.ts";
import { makeGate } from "./gate.ts";

const visits: string[] = [];
const server = createServer();
const gate = makeGate(server);
const answer = (text: string) => (_: unknown, response: { end(text: string): void }) => response.end(text);

function get(host: string, path = "/"): Promise<string> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    request({ port, path, headers: { host } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => resolve(text));
    })
      .on("error", reject)
      .end();
  });
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => void server.close());

it("lets requests wait that come before everything is ready", async () => {
  const early = get("localhost");
  gate.open(
    makeDispatch({
      domain: "localhost",
      berth: answer("berth"),
      git: answer("git"),
      registry: answer("registry"),
      router: { handle: answer("router"), handleContinue: answer("router"), upgrade: (_, socket) => socket.end() },
      metrics: () => false,
      upgrade: () => false,
      visit: async (app, version) => {
        visits.push(`${app} v${version}`);
        return true;
      },
    }),
  );
  expect(await early).toBe("berth");
});

it("sends the bare domain and loopback addresses to Berth, repositories to git, images to the registry, and the rest to the router", async () => {
  expect(await get("localhost:4000")).toBe("berth");
  expect(await get("127.0.0.1:4000")).toBe("berth");
  expect(await get("[::1]:4000")).toBe("berth");
  expect(await get("localhost:4000", "/shop.git/info/refs?service=git-upload-pack")).toBe("git");
  expect(await get("localhost:4000", "/shop.github")).toBe("berth");
  expect(await get("localhost:4000", "/v2/")).toBe("registry");
  expect(await get("127.0.0.1:4000", "/v2?x")).toBe("registry");
  expect(await get("localhost:4000", "/v22/")).toBe("berth");
  expect(await get("shop.localhost:4000", "/v2/")).toBe("router");
  expect(await get("shop.localhost:4000", "/shop.git/info/refs")).toBe("router");
  expect(await get("example.org")).toBe("router");
});

it("brings a release up before its permalink is answered", async () => {
  expect(await get("shop--v12.localhost")).toBe("router");
  expect(visits).toEqual(["shop v12"]);
});
