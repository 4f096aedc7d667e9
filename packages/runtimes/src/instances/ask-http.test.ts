import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { askHttp } from "./ask-http.ts";

const never = new AbortController().signal;

async function listen(answer: RequestListener) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(close);
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port, close };
}

const ask = (endpoint: { host: string; port: number }, timeoutMs = 5_000, signal = never) =>
  askHttp(endpoint, { path: "/login?a=1", headers: { host: "shop.localhost:4000" }, timeoutMs }, signal);

it("gives status and size, and follows no redirect", async () => {
  const asked: unknown[] = [];
  const endpoint = await listen((request, response) => {
    asked.push(request.url, request.headers.host);
    response.writeHead(302, { location: "/elsewhere" }).end("x".repeat(100_000));
  });
  expect(await ask(endpoint)).toMatchObject({ status: 302, bytes: 100_000, failure: null });
  expect(asked).toEqual(["/login?a=1", "shop.localhost:4000"]);
});

it("says why there was no answer, or not all of it", async () => {
  const torn = await listen((_, response) => {
    response.writeHead(200, { "content-length": "10" }).write("four", () => response.destroy());
  });
  expect(await ask(torn)).toMatchObject({ status: 200, failure: "it broke off its answer" });
  const rude = await listen((request) => request.socket.destroy());
  expect(await ask(rude)).toMatchObject({ status: null, failure: "it closed the connection without an answer" });
  rude.close();
  expect(await ask(rude)).toMatchObject({ status: null, failure: "it does not listen" });
});

it("waits for an answer only so long, and takes of one that goes on what has come", async () => {
  const mute = await listen(() => undefined);
  expect(await ask(mute, 50)).toMatchObject({ status: null, failure: "it did not answer within 0.05 s" });
  const endless = await listen((_, response) => void response.writeHead(200).write("data: 1\n\n"));
  expect(await ask(endless, 1_000)).toMatchObject({ status: 200, bytes: 9, failure: null });
});

it("gives up at once when the signal aborts", async () => {
  const mute = await listen(() => undefined);
  const abort = new AbortController();
  const answer = ask(mute, 600_000, abort.signal);
  abort.abort();
  expect(await answer).toMatchObject({ status: null });
});
