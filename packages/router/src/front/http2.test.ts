import { createHash, randomBytes } from "node:crypto";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http2";
import { describe, expect, it, onTestFinished } from "vitest";
import { ask } from "../support/request.ts";
import { openSocket, startInstance, startRouter, until } from "../support/servers.ts";

function open(port: number): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => undefined);
  onTestFinished(() => session.destroy());
  return session;
}

interface Heard {
  headers: IncomingHttpHeaders;
  trailers: IncomingHttpHeaders;
  body: string;
  /** Of the stream's end. */
  code: number;
}

function hear(stream: ClientHttp2Stream): Promise<Heard> {
  const heard: Heard = { headers: {}, trailers: {}, body: "", code: -1 };
  stream.on("response", (headers) => (heard.headers = headers));
  stream.on("trailers", (trailers) => (heard.trailers = trailers));
  stream.setEncoding("latin1").on("data", (text: string) => (heard.body += text));
  stream.on("error", () => undefined);
  return new Promise((resolve) => stream.on("close", () => resolve({ ...heard, code: stream.rstCode })));
}

function get(session: ClientHttp2Session, headers: OutgoingHttpHeaders = {}, body?: string | Buffer): Promise<Heard> {
  const stream = session.request(
    { ":authority": "shop.localhost", ":path": "/", ...headers },
    { endStream: body === undefined },
  );
  if (body !== undefined) stream.end(body);
  return hear(stream);
}

describe("HTTP/2 with prior knowledge", () => {
  it("is served on the same port as HTTP/1.1, with the same headers to instances", async () => {
    const instance = await startInstance((req, res) => res.end(JSON.stringify(req.headers)));
    const { port } = await startRouter([{ id: "web", ports: [instance.port] }]);
    const session = open(port);
    const { headers, body } = await get(session, {
      cookie: ["a=1", "b=2"],
      "x-own": "kept",
      "x-forwarded-for": "6.6.6.6",
    });
    expect(headers).toMatchObject({ ":status": 200 });
    expect(headers).not.toHaveProperty("connection");
    expect(JSON.parse(body)).toMatchObject({
      host: "shop.localhost",
      cookie: "a=1; b=2",
      "x-own": "kept",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-port": String(port),
    });
    expect((await ask({ port })).status).toBe(200);
  });

  it("serves many streams of one connection at once, and no more than it says", async () => {
    let most = 0;
    let now = 0;
    const instance = await startInstance((_, res) => {
      most = Math.max(most, ++now);
      setTimeout(() => res.end(String(now--)), 5);
    });
    const { port } = await startRouter([{ id: "web", ports: [instance.port] }], {}, { limits: { streams: 20 } });
    const session = open(port);
    await new Promise((resolve) => session.once("remoteSettings", resolve));
    expect(session.remoteSettings.maxConcurrentStreams).toBe(20);
    const answers = await Promise.all(Array.from({ length: 300 }, () => get(session)));
    expect(new Set(answers.map(({ headers }) => headers[":status"]))).toEqual(new Set([200]));
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(20);
  });

  it("passes bodies on whole, both ways", async () => {
    const instance = await startInstance((req, res) => req.pipe(res));
    const { port } = await startRouter([{ id: "web", ports: [instance.port] }]);
    const session = open(port);
    const body = randomBytes(3_000_000);
    for (const headers of [{}, { "content-length": body.length }]) {
      const heard = await get(session, { ":method": "POST", ...headers }, body);
      expect(createHash("sha1").update(heard.body, "latin1").digest("hex")).toBe(
        createHash("sha1").update(body).digest("hex"),
      );
    }
  });

  it("holds an instance back whose answer is not read", async () => {
    let written = 0;
    const instance = await startInstance((_, res) => {
      const push = () => {
        while (written < 100_000_000) {
          written += 65_536;
          if (!res.write(Buffer.alloc(65_536))) return void res.once("drain", push);
        }
        res.end();
      };
      push();
    });
    const { port } = await startRouter([{ id: "web", ports: [instance.port] }]);
    const stream = open(port).request({ ":authority": "shop.localhost" });
    stream.on("error", () => undefined);
    await new Promise((resolve) => stream.once("response", resolve));
    let before = -1;
    await until(() => {
      const still = written === before;
      before = written;
      return still && written > 0;
    }, "the instance is held back");
    expect(written).toBeLessThan(50_000_000);
  });

  it("ends answers with their trailers, and those of HEAD and 204 without a body", async () => {
    const instance = await startInstance((req, res) => {
      if (req.url === "/204") return res.writeHead(204).end();
      if (req.method === "HEAD") return res.writeHead(200, { "content-length": 7 }).end();
      res.writeHead(200, { trailer: "x-sum" });
      res.write("body");
      res.addTrailers({ "x-sum": "42" });
      return res.end();
    });
    const { port } = await startRouter([{ id: "web", ports: [instance.port] }]);
    const session = open(port);
    expect(await get(session)).toMatchObject({ body: "body", trailers: { "x-sum": "42" }, code: 0 });
    expect(await get(session, { ":method": "HEAD" })).toMatchObject({
      headers: { ":status": 200, "content-length": "7" },
      body: "",
      code: 0,
    });
    expect(await get(session, { ":path": "/204" })).toMatchObject({ headers: { ":status": 204 }, body: "", code: 0 });
  });

  it("lets a client wait for a 100 before it sends its body", async () => {
    const instance = await startInstance((req, res) => req.pipe(res));
    const { port } = await startRouter([{ id: "web", ports: [instance.port] }]);
    const head = { ":authority": "shop.localhost", ":method": "POST", expect: "100-continue" };
    const stream = open(port).request(head, { endStream: false });
    const heard = hear(stream);
    await new Promise((resolve) => stream.once("continue", resolve));
    stream.end("told to go on");
    expect(await heard).toMatchObject({ headers: { ":status": 200 }, body: "told to go on" });
  });

  it("takes a cancelled stream's request along, and leaves the others", async () => {
    let begun = 0;
    let aborted = 0;
    const instance = await startInstance((req, res) => {
      begun++;
      if (req.url === "/ok") return res.end("ok");
      res.on("close", () => aborted++);
      return void res.write("part");
    });
    const { port, router } = await startRouter([{ id: "web", ports: [instance.port] }]);
    const session = open(port);
    const stream = session.request({ ":authority": "shop.localhost", ":path": "/slow" });
    stream.on("error", () => undefined);
    await new Promise((resolve) => stream.once("data", resolve));
    stream.close(constants.NGHTTP2_CANCEL);
    await until(() => aborted === 1, "the instance sees that the stream was cancelled");
    expect(await get(session, { ":path": "/ok" })).toMatchObject({ body: "ok" });
    await until(() => router.load().get("web")?.inFlight === 0, "nothing is in flight");
    expect(begun).toBe(2);
  });

  it("resets the stream of an answer that breaks off", async () => {
    const instance = await startInstance((_, res) => {
      res.write("half");
      setTimeout(() => res.socket?.destroy(), 20);
    });
    const { port } = await startRouter([{ id: "web", ports: [instance.port] }]);
    expect(await get(open(port))).toMatchObject({ body: "half", code: constants.NGHTTP2_INTERNAL_ERROR });
  });

  it("closes a connection that resets streams without end", async () => {
    const instance = await startInstance((_, res) => setTimeout(() => res.end(), 50));
    const { port, edge, router } = await startRouter([{ id: "web", ports: [instance.port] }]);
    const session = open(port);
    let isClosed = false;
    session.on("close", () => (isClosed = true));
    for (let sent = 0; sent < 5_000 && !session.destroyed; sent++) {
      const stream = session.request({ ":authority": "shop.localhost" });
      stream.on("error", () => undefined);
      stream.close(constants.NGHTTP2_CANCEL);
      if (sent % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => isClosed, "the connection is closed");
    await until(() => router.load().get("web")?.inFlight === 0, "nothing is in flight");
    expect(edge.refusals.of("bad-session")).toBe(1);
    expect((await ask({ port })).status).toBe(200);
  });

  it("refuses what it must not pass on, and headers that are too large", async () => {
    const { port, edge } = await startRouter([
      { id: "web", ports: [(await startInstance((_, res) => res.end())).port] },
    ]);
    const session = open(port);
    expect((await get(session, { host: "other.localhost" })).headers[":status"]).toBe(400);
    expect(edge.refusals.of("bad-host")).toBe(1);
    expect((await get(session, { ":path": "/a#b" })).headers[":status"]).toBe(400);
    expect((await get(session, { ":path": `/${"a".repeat(9_000)}` })).headers[":status"]).toBe(414);
    const connectTo = session.request({ ":method": "CONNECT", ":authority": "shop.localhost:80" });
    expect((await hear(connectTo)).headers[":status"]).toBe(405);
    const many = Object.fromEntries(Array.from({ length: 120 }, (_, at) => [`x-${at}`, "a"]));
    expect((await get(session, many)).headers[":status"]).toBe(431);
    const large = await get(open(port), { "x-large": "a".repeat(60_000) });
    expect(large.headers[":status"]).not.toBe(200);
  });

  it("finishes what is under way when the server closes", async () => {
    let finish: (() => void) | null = null;
    const instance = await startInstance((_, res) => void (finish = () => res.end("done")));
    const { port, server } = await startRouter([{ id: "web", ports: [instance.port] }]);
    const session = open(port);
    const answer = get(session);
    await until(() => finish !== null, "it is under way");
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    finish!();
    expect(await answer).toMatchObject({ body: "done" });
    await closed;
  });

  it("is told from HTTP/1.1 by its preface, in however small pieces it comes", async () => {
    const { port } = await startRouter([
      { id: "web", ports: [(await startInstance((_, res) => res.end("hello"))).port] },
    ]);
    const { socket, text } = openSocket(port);
    socket.setNoDelay(true);
    for (const byte of "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") {
      socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    await until(() => text().length >= 9 && text().charCodeAt(3) === 4, "its settings come");
    const plain = openSocket(port);
    plain.socket.write("P");
    await new Promise((resolve) => setImmediate(resolve));
    plain.socket.write("OST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 0\r\n\r\n");
    await until(() => plain.text().includes("hello"), "a POST is answered");
    expect(plain.text()).toMatch(/^HTTP\/1\.1 200 /);
  });
});
