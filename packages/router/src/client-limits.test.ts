import type { ServerResponse } from "node:http";
import { expect, it } from "vitest";
import { ask } from "./support/request.ts";
import { converse, openSocket, startInstance, startRawInstance, startRouter, until } from "./support/servers.ts";

const post = "POST / HTTP/1.1\r\nHost: shop.localhost\r\n";
const echo = () => startInstance((req, res) => req.on("error", () => undefined).pipe(res));

it("headers that do not arrive in time end their connection", async () => {
  const { port, edge } = await startRouter([{ id: "web" }], {}, { limits: { headersMs: 200 } });
  const texts = ["GET / HTTP/1.1\r\nHost: sh", "PRI * HT", ""];
  const answers = await Promise.all(texts.map((text) => converse(port, text)));
  expect(answers[0]).toMatch(/^HTTP\/1\.1 408 /);
  expect(answers.slice(1)).toEqual(["", ""]);
  // Who sends nothing at all has not asked for anything.
  expect(edge.refusals.of("headers-too-slow")).toBe(2);
});

it("a body that stands still is given up, at the instance too", async () => {
  let outcome = "";
  const instance = await startInstance((req) => {
    req.on("error", () => (outcome = "broken")).on("end", () => (outcome = "whole"));
    req.resume();
  });
  const { port, edge, router } = await startRouter(
    [{ id: "web", ports: [instance.port] }],
    {},
    { limits: { bodyStallMs: 100 } },
  );
  const text = await converse(port, `${post}Content-Length: 10\r\n\r\nhalf`);
  expect(text).toMatch(/^HTTP\/1\.1 408 /);
  await until(() => outcome !== "", "the instance notices");
  expect(outcome).toBe("broken");
  expect(edge.refusals.of("body-too-slow")).toBe(1);
  expect(router.load().get("web")?.inFlight).toBe(0);
});

it("a body that an instance does not read may stand still", async () => {
  let take: () => void = () => undefined;
  const instance = await startRawInstance((socket) => {
    socket.pause();
    take = () => socket.on("data", () => undefined).resume();
    setTimeout(() => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), 600);
  });
  const { port, edge } = await startRouter([{ id: "web", ports: [instance] }], {}, { limits: { bodyStallMs: 150 } });
  const body = Buffer.alloc(20_000_000);
  const answer = await ask({ port, method: "POST", body });
  take();
  expect(answer).toMatchObject({ status: 200, body: "ok" });
  expect(edge.refusals.of("body-too-slow")).toBe(0);
});

it("an answer that its client does not take ends its connection", async () => {
  const instance = await startInstance((_, res) => res.end(Buffer.alloc(50_000_000)));
  const { port, edge, router } = await startRouter(
    [{ id: "web", ports: [instance.port] }],
    {},
    { limits: { answerStallMs: 150 } },
  );
  const { socket, closed } = openSocket(port);
  socket.write("GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n");
  await new Promise((resolve) => socket.once("data", resolve));
  socket.pause();
  await until(() => edge.refusals.of("answer-too-slow") === 1, "it is given up");
  await until(() => router.load().get("web")?.inFlight === 0, "it is no longer counted");
  socket.resume();
  await closed;
  expect(edge.open.connections).toBe(0);
});

it("an answer that is waited for, or comes in pieces, is not given up", async () => {
  const instance = await startInstance((_, res) => {
    res.write("one");
    setTimeout(() => res.end("two"), 500);
  });
  const { port } = await startRouter(
    [{ id: "web", ports: [instance.port] }],
    {},
    { limits: { answerStallMs: 100, bodyStallMs: 100 } },
  );
  expect((await ask({ port })).body).toBe("onetwo");
});

it("bodies are as large as the app takes, whether they say so or not", async () => {
  const bodyBytes = new Map([["shop", 10]]);
  const { port, edge } = await startRouter(
    [{ id: "web", ports: [(await echo()).port] }],
    {},
    { limits: { bodyBytes } },
  );
  expect(await ask({ port, method: "POST", body: "0123456789" })).toMatchObject({ status: 200, body: "0123456789" });
  expect((await ask({ port, method: "POST", body: "0123456789a" })).status).toBe(413);
  const chunked = `${post}Transfer-Encoding: chunked\r\n\r\nb\r\n0123456789a\r\n0\r\n\r\n`;
  expect(await converse(port, chunked)).toMatch(/^HTTP\/1\.1 413 /);
  expect(edge.refusals.of("body-too-large")).toBe(2);
});

it("no more connections are taken than there may be, in all and of one client", async () => {
  const { port, edge } = await startRouter([], {}, { limits: { connections: 2 } });
  const first = [openSocket(port), openSocket(port)];
  await until(() => edge.open.connections === 2, "two are open");
  expect(await openSocket(port).closed).toBe(false);
  expect(edge.refusals.of("too-many-connections")).toBe(1);
  first[0]?.socket.destroy();
  await until(() => edge.open.connections === 1, "one is closed");
  expect((await ask({ port })).status).toBe(404);

  const settings = { trustedProxies: ["127.0.0.1"], proxyProtocol: true, limits: { connectionsPerClient: 1 } };
  const behind = await startRouter([], {}, settings);
  const open = (client: string) => {
    const made = openSocket(behind.port);
    made.socket.write(`PROXY TCP4 ${client} 10.0.0.1 1 2\r\n`);
    return made;
  };
  open("192.0.2.1");
  await until(() => behind.edge.open.byClient.get("192.0.2.1") === 1, "it is counted");
  await open("192.0.2.1").closed;
  open("192.0.2.2");
  await until(() => behind.edge.open.byClient.size === 2, "another client's is taken");
  expect(behind.edge.refusals.of("too-many-client-connections")).toBe(1);
});

it("a service has no more requests at once than it may", async () => {
  const open: ServerResponse[] = [];
  const instance = await startInstance((_, res) => void open.push(res));
  const { port, edge } = await startRouter([{ id: "web", ports: [instance.port] }], {}, { limits: { inFlight: 1 } });
  const first = ask({ port });
  await until(() => open.length === 1, "one is under way");
  expect(await ask({ port })).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
  expect(edge.refusals.of("too-many-in-flight")).toBe(1);
  open[0]?.end("done");
  expect((await first).body).toBe("done");
});
