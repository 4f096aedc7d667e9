import { createServer, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeClient, type TimelineItem } from "../../packages/api/src/client.ts";
import { makeNodeListener } from "../../packages/api/src/index.ts";
import { BerthError, type NewOperationEvent, type Operation } from "../../packages/core/src/index.ts";
import { givenLive, type Harness, makeLogLine, openHarness, shop } from "./harness.ts";

const line = (text: string): NewOperationEvent => ({
  at: 1,
  phase: "build",
  service: null,
  kind: "line",
  text,
  durationMs: null,
});
const ada = { person: "ada", role: "owner" } as const;

describe("the client over HTTP", () => {
  let harness: Harness;
  let server: Server;
  let url: string;

  /** Listens first, for the API answers at its own port only. */
  beforeEach(async () => {
    server = createServer();
    const port = await listen(server, 0);
    url = `http://127.0.0.1:${port}`;
    harness = await openHarness({ port });
    server.on("request", makeNodeListener(harness.api, { log: harness.log }));
    await givenLive(harness.store);
  });
  afterEach(async () => {
    await stop(server);
    await harness.close();
  });

  const client = (token = harness.tokens.owner) => makeClient({ url, token, pause: () => Promise.resolve() });

  it("knows the routes with their types", async () => {
    const created = await client().api.apps.$post({ json: { name: "blog" } });
    const { name, url: where } = await created.json();
    expect({ name, where }).toEqual({ name: "blog", where: expect.stringMatching(/^http:\/\/blog\.localhost:\d+$/) });
    const list = await (await client().api.apps.$get({ query: { limit: 1 } })).json();
    expect(list.items.map((app) => app.name)).toEqual(["blog"]);
    const answer = await client().api.apps[":app"].environments[":environment"].rollback.$post({
      param: { app: "shop", environment: "production" },
      query: {},
      json: { version: 1 },
    });
    const operation: Operation = await answer.json();
    expect(operation).toMatchObject({ kind: "rollback", state: "running" });
    expect((await client().api.apps[":app"].$delete({ param: { app: "blog" } })).status).toBe(204);
  });

  it("throws what the API answers as the error it was", async () => {
    const error = await failure(client().api.apps.$post({ json: { name: "Shop!" } }));
    expect(error).toMatchObject({
      code: "app.invalid-name",
      status: 422,
      path: "name",
      hint: expect.stringContaining("3 to 30 characters"),
    });
    const invalid = await failure(client().api.tokens.$post({ json: { person: "A B", role: "viewer" } }));
    expect(invalid.details).toEqual([expect.stringMatching(/^person: /)]);
    expect(await failure(client("berth_x").api.whoami.$get())).toMatchObject({ code: "auth.required" });
  });

  it("never lets a name become another route", async () => {
    const get = (app: string) => failure((async () => client().api.apps[":app"].$get({ param: { app } }))());
    expect(await get("shop/environments")).toMatchObject({ code: "app.not-found" });
    expect(await get("shop?x=1#y")).toMatchObject({ code: "app.not-found" });
    for (const app of ["", ".", ".."]) expect(await get(app)).toMatchObject({ code: "input.invalid", path: "app" });
  });

  it("says when nothing answers, and when something else does", async () => {
    await stop(server);
    expect(await failure(client().api.whoami.$get())).toMatchObject({
      code: "server.unreachable",
      message: `Nothing answers at ${url} (ECONNREFUSED).`,
      hint: "Is the server running? npm start",
    });
    const port = Number(new URL(url).port);
    for (const type of ["text/html", "text/plain", ""]) {
      const other = createServer((_, response) => response.writeHead(200, { "content-type": type }).end("<h1>Hi</h1>"));
      await listen(other, port);
      const error = await failure(client().api.whoami.$get());
      expect(error).toMatchObject({ code: "server.unreachable", message: expect.stringContaining("is not Berth") });
      await stop(other);
    }
  });

  it("answers what is no proper request as a problem", async () => {
    const port = Number(new URL(url).port);
    const answers = await Promise.all(
      [
        `GET /api/v1/whoami HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n`,
        `TRACE /api/v1/whoami HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`,
        `GET //api/v1/whoami HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`,
        `POST /api/v1/apps HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${harness.tokens.owner}\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\nConnection: close\r\n\r\n`,
        `POST /api/v1/apps HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${harness.tokens.owner}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n200000\r\n${" ".repeat(0x200000)}\r\n0\r\n\r\n`,
      ].map((text) => exchange(port, text)),
    );
    expect(answers.map((text) => /^HTTP\/1\.1 (\d+)/.exec(text)?.[1])).toEqual(["422", "401", "404", "413", "413"]);
    expect((await client().api.whoami.$get()).status).toBe(200);
  });

  it("follows an operation to its end, over broken connections, with each event once", async () => {
    const operation = await harness.store.operations.start({ ...shop, kind: "deploy" }, ada);
    const texts: string[] = [];
    const following = (async () => {
      for await (const item of client().followOperation(operation.id)) {
        if (item.kind === "ended") return item.operation;
        texts.push(item.event.text);
      }
      throw new Error("it did not end");
    })();
    for (let written = 0; written < 6; written += 1) {
      await harness.store.operations.append(operation.id, [line(`${written}a`), line(`${written}b`)]);
      await expect.poll(() => texts.length).toBe((written + 1) * 2);
      server.closeAllConnections();
    }
    await harness.store.operations.finish(operation.id, { ok: true, url: "http://shop.localhost" });
    expect(await following).toMatchObject({ state: "succeeded", url: "http://shop.localhost" });
    expect(texts).toEqual(["0a", "0b", "1a", "1b", "2a", "2b", "3a", "3b", "4a", "4b", "5a", "5b"]);
  });

  it("follows from where it is asked to, until it is told to stop", async () => {
    const operation = await harness.store.operations.start({ ...shop, kind: "deploy" }, ada);
    await harness.store.operations.append(operation.id, [line("a"), line("b"), line("c")]);
    const stopping = new AbortController();
    const seen: TimelineItem[] = [];
    for await (const item of client().followOperation(operation.id, { after: 1, signal: stopping.signal })) {
      seen.push(item);
      if (seen.length === 2) stopping.abort();
    }
    expect(seen).toMatchObject([{ event: { text: "b" } }, { event: { text: "c" } }]);
  });

  it("gives up following where the server stays away, and at once where there is nothing to follow", async () => {
    const operation = await harness.store.operations.start({ ...shop, kind: "deploy" }, ada);
    expect(await failure(collect(client().followOperation("none")))).toMatchObject({ code: "operation.not-found" });
    await stop(server);
    expect(await failure(collect(client().followOperation(operation.id)))).toMatchObject({
      code: "server.unreachable",
    });
  });

  it("streams logs as they come, and stops quietly when told to", async () => {
    harness.logs.lines.push(makeLogLine("one"), makeLogLine("ünï\u2028two"));
    expect(await collect(client().streamLogs(shop))).toEqual(harness.logs.lines);
    const stopping = new AbortController();
    const seen: string[] = [];
    for await (const { text } of client().streamLogs({ ...shop, follow: true, tail: 1, signal: stopping.signal })) {
      seen.push(text);
      stopping.abort();
    }
    expect(seen).toEqual(["ünï\u2028two"]);
    const asked = harness.logs.asked.at(-1);
    await expect.poll(() => asked?.options.signal.aborted).toBe(true);
  });

  it("says when following logs breaks off, and what the server says on the way", async () => {
    harness.logs.lines.push(makeLogLine("one"));
    const broken = collect(client().streamLogs({ ...shop, follow: true }));
    await expect.poll(() => harness.logs.asked.length).toBe(1);
    server.closeAllConnections();
    expect(await failure(broken)).toMatchObject({ code: "server.unreachable" });
    harness.logs.failWith = new BerthError("keeper.unreachable", "The keeper does not answer.");
    expect(await failure(collect(client().streamLogs(shop)))).toMatchObject({
      code: "keeper.unreachable",
      message: "The keeper does not answer.",
    });
  });
});

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

/** Sends this text and resolves with all that comes back. */
function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let received = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.on("data", (chunk) => (received += chunk.toString()));
    socket.on("error", () => resolve(received));
    socket.on("close", () => resolve(received));
  });
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function failure(promise: Promise<unknown>): Promise<BerthError> {
  const thrown: unknown = await promise.then(
    () => new Error("it did not fail"),
    (error: unknown) => error,
  );
  if (!(thrown instanceof BerthError)) throw thrown;
  return thrown;
}
