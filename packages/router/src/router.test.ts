import { createHash, randomBytes } from "node:crypto";
import { Agent, request } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { ask } from "./support/request.ts";
import {
  closedPort,
  converse,
  openSocket,
  startInstance,
  startRawInstance,
  startRouter,
  until,
} from "./support/servers.ts";

const greet = (text: string) => startInstance((_, res) => res.end(text));

describe("where a request goes", () => {
  it("finds the app by host in any case, with a port and a trailing dot", async () => {
    const { port } = await startRouter([{ id: "web", ports: [(await greet("hello")).port] }]);
    for (const host of ["shop.localhost", "SHOP.localhost:4000", "shop.localhost.", "shop.Localhost.:80"]) {
      expect(await ask({ port, host })).toMatchObject({ status: 200, body: "hello" });
    }
  });

  it("takes the longest prefix at a segment's end and leaves the path as it is", async () => {
    const web = await startInstance((req, res) => res.end(`web ${req.url}`));
    const api = await startInstance((req, res) => res.end(`api ${req.url}`));
    const { port } = await startRouter([
      { id: "web", ports: [web.port] },
      { id: "api", ports: [api.port], prefixes: ["/api"] },
    ]);
    const answers = await Promise.all(
      ["/api", "/api/x?y=1", "/api?x", "/apis", "/"].map((path) => ask({ port, path })),
    );
    expect(answers.map(({ body }) => body)).toEqual(["api /api", "api /api/x?y=1", "api /api?x", "web /apis", "web /"]);
  });

  it("takes an absolute target only where it names the same host", async () => {
    const { port } = await startRouter([
      { id: "web", ports: [(await startInstance((req, res) => res.end(`got ${req.url}`))).port] },
    ]);
    const say = (target: string) =>
      converse(port, `GET ${target} HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\n\r\n`);
    expect(await say("http://shop.localhost/x?y")).toContain("got /x?y");
    expect(await say("http://other.localhost/x")).toMatch(/^HTTP\/1.1 400 /);
    expect(await say("*")).toMatch(/^HTTP\/1.1 400 /);
  });

  it("refuses two hosts, a foreign transfer coding, a length beside a coding, and CONNECT", async () => {
    let requests = 0;
    const instance = await startInstance((_, res) => {
      requests++;
      res.end();
    });
    const { port } = await startRouter([{ id: "web", ports: [instance.port] }]);
    const refused = [
      "GET / HTTP/1.1\r\nHost: shop.localhost\r\nHost: other.localhost\r\nConnection: close\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: shop.localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: shop.localhost/..\r\n\r\n",
      "GET / HTTP/1.0\r\n\r\n",
    ];
    for (const text of refused) expect(await converse(port, text)).toMatch(/^HTTP\/1.1 400 /);
    const connect = "CONNECT shop.localhost:80 HTTP/1.1\r\nHost: shop.localhost\r\n\r\n";
    expect(await converse(port, connect)).toMatch(/^HTTP\/1.1 405 /);
    expect(requests).toBe(0);
  });

  it("spreads requests over the instances, to the least busy first", async () => {
    const hits = [0, 0, 0];
    const instances = await Promise.all(
      hits.map((_, at) => startInstance((__, res) => res.end(String((hits[at] ?? 0) + (hits[at]! += 1))))),
    );
    const { port } = await startRouter([{ id: "web", ports: instances.map((instance) => instance.port) }]);
    for (let count = 0; count < 9; count++) await ask({ port });
    expect(hits).toEqual([3, 3, 3]);
  });
});

describe("headers", () => {
  it("are set anew where they tell of the client, and stripped where they are for one hop", async () => {
    const instance = await startInstance((req, res) => res.end(JSON.stringify(req.headers)));
    const { port } = await startRouter([{ id: "web", ports: [instance.port] }]);
    const forged = {
      "x-forwarded-for": "6.6.6.6",
      "X-Forwarded-Host": "evil",
      "x-forwarded-proto": "https",
      "x-forwarded-port": "1",
      "x-real-ip": "6.6.6.6",
      forwarded: "for=6.6.6.6",
      X_Forwarded_For: "6.6.6.6",
      x_real_ip: "6.6.6.6",
      "x_my-own": "kept",
      connection: "keep-alive, X-Secret",
      "x-secret": "one hop only",
      "proxy-authorization": "Basic abc",
      te: "gzip, trailers",
      cookie: "a=b",
    };
    const seen = JSON.parse((await ask({ port, headers: forged })).body);
    expect(seen).toMatchObject({
      host: "shop.localhost:4000",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-host": "shop.localhost:4000",
      "x-forwarded-proto": "http",
      "x-forwarded-port": String(port),
      "x-real-ip": "127.0.0.1",
      forwarded: 'for=127.0.0.1;host="shop.localhost:4000";proto=http',
      te: "trailers",
      "x_my-own": "kept",
      cookie: "a=b",
    });
    expect(JSON.stringify(seen)).not.toContain("6.6.6.6");
    expect(seen).not.toHaveProperty("x-secret");
    expect(seen).not.toHaveProperty("proxy-authorization");
  });

  it("carry a request id: the client's where it is sane, else one of ours, told to both sides", async () => {
    const { port } = await startRouter([
      { id: "web", ports: [(await startInstance((req, res) => res.end(req.headers["x-request-id"]))).port] },
    ]);
    const kept = await ask({ port, headers: { "x-request-id": "abc-1" } });
    expect([kept.body, kept.headers["x-request-id"]]).toEqual(["abc-1", "abc-1"]);
    const ours = await ask({ port, headers: { "x-request-id": "<script>" } });
    expect(ours.body).toMatch(/^[0-9a-f]{16}-\w+$/);
    expect(ours.headers["x-request-id"]).toBe(ours.body);
  });

  it("of an answer keep their case, order and repetition, without those for one hop", async () => {
    const instance = await startRawInstance((socket) => {
      socket.once("data", () =>
        socket.write(
          "HTTP/1.1 201 Made So\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Hop: 1\r\nConnection: X-Hop\r\nKeep-Alive: timeout=9\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nok",
        ),
      );
    });
    const { port } = await startRouter([{ id: "web", ports: [instance] }]);
    const text = await converse(port, "GET / HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\n\r\n");
    expect(text).toMatch(/^HTTP\/1.1 201 Made So\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n/);
    expect(text).not.toMatch(/x-hop|timeout=9|upgrade/i);
  });
});

describe("bodies", () => {
  it("pass through both ways whole, in chunks or of known length", async () => {
    const instance = await startInstance((req, res) => req.pipe(res));
    const { port } = await startRouter([{ id: "web", ports: [instance.port] }]);
    const body = randomBytes(3_000_000).toString("hex");
    for (const headers of [{}, { "transfer-encoding": "chunked" }]) {
      expect((await ask({ port, method: "POST", body, headers })).body === body).toBe(true);
    }
  });

  it("stream with back-pressure: a slow client holds the instance back", async () => {
    // Much more than all buffers on the way hold.
    const total = 128 * 1024 * 1024;
    let written = 0;
    const instance = await startInstance((_, res) => {
      const chunk = Buffer.alloc(65_536);
      const push = () => {
        while (written < total) {
          written += chunk.length;
          if (!res.write(chunk)) return void res.once("drain", push);
        }
        res.end();
      };
      push();
    });
    const { port } = await startRouter([{ id: "web", ports: [instance.port] }]);
    const { socket } = openSocket(port);
    socket.write("GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n");
    await new Promise((resolve) => socket.once("data", resolve));
    socket.pause();
    let before = -1;
    let calm = 0;
    await until(() => {
      calm = written === before ? calm + 1 : 0;
      before = written;
      return calm > 20;
    }, "the instance is held back");
    expect(written).toBeLessThan(total / 2);
    socket.resume();
    await until(() => written === total, "the rest flows");
  });

  it("stream with back-pressure: a slow instance holds the client back", async () => {
    const instance = await startRawInstance((socket) => void socket.pause());
    const { port, router } = await startRouter([{ id: "web", ports: [instance] }]);
    const { socket } = openSocket(port);
    socket.write("POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 1000000000\r\n\r\n");
    const chunk = Buffer.alloc(65_536);
    let written = 0;
    let drained = true;
    socket.on("drain", () => (drained = true));
    let calm = 0;
    await until(() => {
      calm = drained ? 0 : calm + 1;
      while (drained && written < 200_000_000) {
        written += chunk.length;
        drained = socket.write(chunk);
      }
      return calm > 20 || written >= 200_000_000;
    }, "the client is held back");
    expect(written).toBeLessThan(100_000_000);
    expect(router.load().get("web")?.inFlight).toBe(1);
  });

  it("arrive as they are sent: events come one by one", async () => {
    let send: (text: string) => void = () => {};
    const instance = await startInstance((_, res) => {
      res.writeHead(200, { "content-type": "text/event-stream" });
      res.flushHeaders();
      send = (text) => void res.write(text);
    });
    const { port } = await startRouter([{ id: "web", ports: [instance.port] }]);
    const { socket, text } = openSocket(port);
    socket.write("GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n");
    await until(() => text().includes("text/event-stream"), "the head arrives before any event");
    for (const event of ["one", "two"]) {
      send(`data: ${event}\n\n`);
      await until(() => text().includes(`data: ${event}`), `event ${event} arrives`);
    }
    expect(text().indexOf("one")).toBeLessThan(text().indexOf("two"));
  });

  it("end with their trailers", async () => {
    const instance = await startInstance((_, res) => {
      res.writeHead(200, { trailer: "x-sum" });
      res.write("body");
      res.addTrailers({ "x-sum": "42" });
      res.end();
    });
    const { port } = await startRouter([{ id: "web", ports: [instance.port] }]);
    expect(await ask({ port })).toMatchObject({ body: "body", trailers: { "x-sum": "42" } });
    expect(await converse(port, "GET / HTTP/1.0\r\nHost: shop.localhost\r\n\r\n")).toMatch(/\r\n\r\nbody$/);
  });

  it("end whatever bytes their trailers and the words beside their status have", async () => {
    const instance = await startRawInstance((socket) => {
      socket.on("data", (request) => {
        const isTrailer = request.toString().startsWith("GET /trailer");
        const answer = isTrailer
          ? "HTTP/1.1 200 OK\r\nTrailer: x-sum\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX-Sum: \xe9\r\n\r\n"
          : "HTTP/1.1 200 \x1b[31mO\x01K\r\nContent-Length: 4\r\n\r\nbody";
        socket.write(answer, "latin1");
      });
    });
    const { port } = await startRouter([{ id: "web", ports: [instance] }]);
    expect(await ask({ port, path: "/trailer" })).toMatchObject({ body: "body", trailers: { "x-sum": "\xe9" } });
    expect(await ask({ port, path: "/words" })).toMatchObject({ status: 200, body: "body" });
  });

  it("may be asked for in part, or not at all", async () => {
    const instance = await startInstance((req, res) => {
      if (req.headers.range === "bytes=1-2")
        res.writeHead(206, { "content-range": "bytes 1-2/4", "content-length": 2 }).end("bc");
      else if (req.url === "/304") res.writeHead(304, { etag: '"x"' }).end();
      else res.writeHead(200, { "content-length": 4 }).end(req.method === "HEAD" ? undefined : "abcd");
    });
    const { port } = await startRouter([{ id: "web", ports: [instance.port] }]);
    expect(await ask({ port, headers: { range: "bytes=1-2" } })).toMatchObject({ status: 206, body: "bc" });
    expect(await ask({ port, method: "HEAD" })).toMatchObject({
      status: 200,
      body: "",
      headers: { "content-length": "4" },
    });
    expect(await ask({ port, path: "/304" })).toMatchObject({ status: 304, body: "", headers: { etag: '"x"' } });
  });

  it("are asked for with a 100 only when an instance takes them", async () => {
    const instance = await startInstance((req, res) => req.pipe(res));
    const { port, apply } = await startRouter([{ id: "web", state: "starting" }]);
    const { socket, text } = openSocket(port);
    socket.write(
      "POST / HTTP/1.1\r\nHost: shop.localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\n",
    );
    await ask({ port, host: "unknown.localhost" });
    expect(text()).toBe("");
    apply([{ id: "web", ports: [instance.port] }]);
    await until(() => text().startsWith("HTTP/1.1 100 Continue\r\n\r\n"), "the client is told to go on");
    socket.write("body");
    await until(() => text().includes("body"), "the answer arrives");
  });

  it("that an instance does not read do not keep its answer from the client", async () => {
    const instance = await startInstance((_, res) => res.writeHead(413).end("too big"));
    const { port } = await startRouter([{ id: "web", ports: [instance.port] }]);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    expect(await ask({ port, method: "POST", body: Buffer.alloc(2_000_000), agent })).toMatchObject({
      status: 413,
      body: "too big",
    });
    expect(await ask({ port, agent })).toMatchObject({ status: 413 });
  });

  it("of big downloads arrive whole", async () => {
    const piece = randomBytes(1_000_000);
    const instance = await startInstance((_, res) => {
      let left = 60;
      const push = () => {
        while (left-- > 0) if (!res.write(piece)) return void res.once("drain", push);
        res.end();
      };
      push();
    });
    const { port } = await startRouter([{ id: "web", ports: [instance.port] }]);
    const expected = createHash("sha256");
    for (let count = 0; count < 60; count++) expected.update(piece);
    const hash = createHash("sha256");
    await new Promise((resolve, reject) => {
      request({ port, host: "127.0.0.1", headers: { host: "shop.localhost" } }, (res) =>
        res
          .on("data", (chunk) => hash.update(chunk))
          .on("end", resolve)
          .on("error", reject),
      ).end();
    });
    expect(hash.digest("hex")).toBe(expected.digest("hex"));
  });
});

describe("what breaks", () => {
  it("an instance that accepts no connection is told as 502, after one try elsewhere", async () => {
    const gone = await closedPort();
    const { port, apply, router } = await startRouter([{ id: "web", ports: [gone] }]);
    expect(await ask({ port, method: "POST", body: "x" })).toMatchObject({
      status: 502,
      body: expect.stringContaining("berth logs --app shop"),
    });
    apply([{ id: "web", ports: [gone, (await startInstance((req, res) => req.pipe(res))).port] }]);
    for (let count = 0; count < 6; count++)
      expect(await ask({ port, method: "POST", body: "whole" })).toMatchObject({ status: 200, body: "whole" });
    expect(router.load().get("web")?.inFlight).toBe(0);
  });

  it("a connection that closes while it is reused is tried once more if the request may be repeated", async () => {
    const heard: string[] = [];
    const instance = await startRawInstance((socket) => {
      let count = 0;
      socket.on("data", (chunk) => {
        heard.push(chunk.toString().split(" ", 1)[0] ?? "");
        if (++count === 1) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        else socket.destroy();
      });
    });
    const { port } = await startRouter([{ id: "web", ports: [instance] }]);
    expect((await ask({ port })).status).toBe(200);
    expect((await ask({ port })).status).toBe(200);
    expect(heard).toEqual(["GET", "GET", "GET"]);
    expect((await ask({ port, method: "POST" })).status).toBe(502);
    expect(heard).toEqual(["GET", "GET", "GET", "POST"]);
  });

  it("a new connection that closes without an answer is tried once more if the request may be repeated", async () => {
    let connections = 0;
    const instance = await startRawInstance((socket) => {
      connections++;
      socket.once("data", () => socket.destroy());
    });
    const { port } = await startRouter([{ id: "web", ports: [instance] }]);
    expect((await ask({ port })).status).toBe(502);
    expect(connections).toBe(2);
    expect((await ask({ port, method: "POST" })).status).toBe(502);
    expect(connections).toBe(3);
  });

  it("an answer that breaks off is broken off for the client", async () => {
    const answers = [
      "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ];
    for (const answer of answers) {
      const instance = await startRawInstance((socket) => void socket.once("data", () => socket.end(answer)));
      const { port } = await startRouter([{ id: "web", ports: [instance] }]);
      await expect(ask({ port })).rejects.toThrow("aborted");
      const bare = openSocket(port);
      bare.socket.write("GET / HTTP/1.0\r\nHost: shop.localhost\r\n\r\n");
      const failed = await bare.closed;
      expect(failed || bare.text().includes("Content-Length: 100")).toBe(true);
    }
  });

  it("an answer that is not HTTP is told as 502", async () => {
    const instance = await startRawInstance(
      (socket) => void socket.once("data", () => socket.end("SSH-2.0-OpenSSH\r\n")),
    );
    const { port } = await startRouter([{ id: "web", ports: [instance] }]);
    expect(await ask({ port })).toMatchObject({ status: 502, body: expect.stringContaining("not valid HTTP") });
  });

  it("an instance that takes too long is told as 504", async () => {
    const instance = await startInstance(() => {});
    const { port } = await startRouter([{ id: "web", ports: [instance.port] }], { answerDeadlineMs: 50 });
    expect((await ask({ port })).status).toBe(504);
  });

  it("a client that leaves takes its request along, before and within the answer", async () => {
    let begun = 0;
    let aborted = 0;
    const instance = await startInstance((req, res) => {
      begun++;
      res.on("close", () => aborted++);
      if (req.url === "/within") res.write("part");
    });
    const { port, router } = await startRouter([{ id: "web", ports: [instance.port] }]);
    for (const [count, path] of ["/before", "/within"].entries()) {
      const { socket } = openSocket(port);
      socket.write(`GET ${path} HTTP/1.1\r\nHost: shop.localhost\r\n\r\n`);
      await until(() => begun === count + 1, "the instance has the request");
      socket.destroy();
      await until(() => aborted === count + 1, "the instance sees that the client left");
    }
    await until(() => router.load().get("web")?.inFlight === 0, "nothing is in flight");
    expect(begun).toBe(2);
  });

  it("a client that leaves within its upload is not taken for done", async () => {
    let outcome = "";
    const instance = await startInstance((req) => {
      req.resume();
      req.on("error", () => (outcome = "broken"));
      req.on("end", () => (outcome = "whole"));
    });
    const { port } = await startRouter([{ id: "web", ports: [instance.port] }]);
    const { socket } = openSocket(port);
    socket.write("POST / HTTP/1.1\r\nHost: shop.localhost\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
    await until(() => socket.bytesWritten > 0, "the half is sent");
    socket.end();
    await until(() => outcome !== "", "the instance notices");
    expect(outcome).toBe("broken");
  });
});

it("an environment that could not be read since the start is told from one that nobody has", async () => {
  const unread = [{ app: "shop", environment: "production" }];
  const { port, apply } = await startRouter([]);
  apply([], { unread });
  expect(await ask({ port })).toMatchObject({
    status: 503,
    headers: { "retry-after": "2" },
    body: expect.stringContaining("shop is out of reach"),
  });
  expect((await ask({ port, host: "shop--try.localhost:4000" })).status).toBe(404);
  apply([]);
  expect((await ask({ port })).status).toBe(404);
});
