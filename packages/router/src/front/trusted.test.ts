import { describe, expect, it } from "vitest";
import { ask } from "../support/request.ts";
import { converse, startInstance, startRouter } from "../support/servers.ts";
import type { EdgeSettings } from "./edge.ts";

const trustedProxies = ["127.0.0.0/8", "10.0.0.0/8", "fd00::/8"];

async function start(settings: EdgeSettings) {
  const instance = await startInstance((req, res) => res.end(JSON.stringify(req.headers)));
  return await startRouter([{ id: "web", ports: [instance.port] }], {}, settings);
}

describe("what a trusted proxy says of its client", () => {
  it.each([
    ["its client", { "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "https" }, "192.0.2.1", "https", "443"],
    ["not what that client said itself", { "x-forwarded-for": "6.6.6.6, 192.0.2.1" }, "192.0.2.1", "http", null],
    [
      "through several proxies",
      { "x-forwarded-for": "6.6.6.6, 192.0.2.1, 10.1.1.1, 10.2.2.2" },
      "192.0.2.1",
      "http",
      null,
    ],
    [
      "with one protocol for each",
      { "x-forwarded-for": "192.0.2.1, 10.1.1.1", "x-forwarded-proto": "https, http" },
      "192.0.2.1",
      "https",
      "443",
    ],
    ["IPv6, with a port", { "x-forwarded-for": "[2001:DB8::0:1]:4711" }, "2001:db8::1", "http", null],
    ["nothing that is an address", { "x-forwarded-for": "unknown" }, "127.0.0.1", "http", null],
    ["an address behind one that is none", { "x-forwarded-for": "192.0.2.1, _hidden" }, "127.0.0.1", "http", null],
    ["a port", { "x-forwarded-for": "192.0.2.1", "x-forwarded-port": "8443" }, "192.0.2.1", "http", "8443"],
  ])("is taken: %s", async (_, headers, client, proto, forwardedPort) => {
    const { port } = await start({ trustedProxies });
    const seen = JSON.parse((await ask({ port, headers })).body);
    expect(seen).toMatchObject({
      "x-forwarded-for": client,
      "x-real-ip": client,
      "x-forwarded-proto": proto,
      "x-forwarded-port": forwardedPort ?? String(port),
    });
    expect(seen.forwarded).toContain(client.includes(":") ? `for="[${client}]"` : `for=${client};`);
  });

  it("names the host that was asked for, which is told to the app and routes nothing", async () => {
    const { port } = await start({ trustedProxies });
    const seen = JSON.parse((await ask({ port, headers: { "x-forwarded-host": "www.example.org" } })).body);
    expect(seen).toMatchObject({ host: "shop.localhost:4000", "x-forwarded-host": "www.example.org" });
    const odd = JSON.parse((await ask({ port, headers: { "x-forwarded-host": 'a"b' } })).body);
    expect(odd["x-forwarded-host"]).toBe("shop.localhost:4000");
  });

  it("is of each request for itself, for a proxy has one connection for many clients", async () => {
    const { port } = await start({ trustedProxies });
    const request = (client: string, more: string) =>
      `GET / HTTP/1.1\r\nHost: shop.localhost\r\nX-Forwarded-For: ${client}\r\n${more}\r\n`;
    const text = await converse(port, `${request("192.0.2.1", "")}${request("192.0.2.2", "Connection: close\r\n")}`);
    expect(text.match(/"x-forwarded-for":"[\d.]+"/g)).toEqual([
      '"x-forwarded-for":"192.0.2.1"',
      '"x-forwarded-for":"192.0.2.2"',
    ]);
  });

  it("is not taken of anybody else", async () => {
    const { port } = await start({ trustedProxies: ["10.0.0.0/8"] });
    const seen = JSON.parse((await ask({ port, headers: { "x-forwarded-for": "192.0.2.1" } })).body);
    expect(seen["x-forwarded-for"]).toBe("127.0.0.1");
  });
});

describe("the PROXY protocol", () => {
  const get = "GET / HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\n\r\n";
  const settings = { trustedProxies: ["127.0.0.1/32"], proxyProtocol: true };

  it("names the client of a trusted proxy's connection, whose own headers are then replaced", async () => {
    const { port } = await start(settings);
    const forged = get.replace("Connection", "X-Forwarded-For: 6.6.6.6\r\nConnection");
    const text = await converse(port, `PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r\n${forged}`);
    expect(text).toContain('"x-forwarded-for":"192.0.2.1"');
    expect(text).toContain('"x-forwarded-port":"443"');
    const binary = Buffer.from("0d0a0d0a000d0a515549540a2111000cc00002020a000001d43101bb", "hex").toString("latin1");
    expect(await converse(port, binary + get)).toContain('"x-forwarded-for":"192.0.2.2"');
  });

  it("leaves the proxy's own connections, such as health checks, as they are", async () => {
    const { port } = await start(settings);
    expect(await converse(port, `PROXY UNKNOWN\r\n${get}`)).toContain('"x-forwarded-for":"127.0.0.1"');
  });

  it("is demanded of trusted proxies, and of nobody else taken", async () => {
    const { port, edge } = await start(settings);
    expect(await converse(port, get)).toMatch(/^HTTP\/1\.1 400 /);
    expect(edge.refusals.of("bad-proxy-header")).toBe(1);
    const other = await start({ ...settings, trustedProxies: ["10.0.0.0/8"] });
    expect(await converse(other.port, get)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await converse(other.port, `PROXY TCP4 192.0.2.1 10.0.0.1 1 2\r\n${get}`)).toMatch(/^HTTP\/1\.1 400 /);
  });
});

it("asks for what may sleep in the name of its client, not in its own", async () => {
  const { apply, port, router } = await start({ trustedProxies });
  const instance = await startInstance((_, res) => res.end());
  apply([{ id: "web", ports: [instance.port], more: { sleeps: true } }]);
  for (const client of ["203.0.113.7", "198.51.100.7"]) await ask({ port, headers: { "x-forwarded-for": client } });
  const networks = router
    .requesters()
    .get("web")
    ?.map(({ network }) => network);
  expect(networks?.toSorted()).toEqual(["198.51.100.0/24", "203.0.113.0/24"]);
});
