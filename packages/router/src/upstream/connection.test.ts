import { createHash, randomBytes } from "node:crypto";
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { expect, it } from "vitest";
import { systemClock } from "@berth/core";
import { Deadlines } from "../deadlines.ts";
import { answers, spoiltAnswers } from "../support/answers.ts";
import { ask } from "../support/request.ts";
import { converse, openSocket, startInstance, startRawInstance, startRouter, until } from "../support/servers.ts";
import { Connection } from "./connection.ts";

const answer = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

it("carries one request after the other", async () => {
  let connections = 0;
  const instance = await startRawInstance((socket) => {
    connections++;
    socket.on("data", () => socket.write(answer("ok")));
  });
  const { port } = await startRouter([{ id: "web", ports: [instance] }]);
  for (let count = 0; count < 5; count++) expect((await ask({ port })).body).toBe("ok");
  expect(connections).toBe(1);
});

it("is used no more once its instance has sent something unasked, or has closed it", async () => {
  let connections = 0;
  const instance = await startRawInstance((socket) => {
    const count = ++connections;
    socket.once("data", () => {
      socket.write(answer(`${count}`));
      setTimeout(() => (count === 1 ? socket.write(answer("poisoned")) : socket.end()), 20);
    });
  });
  const { port } = await startRouter([{ id: "web", ports: [instance] }]);
  for (const body of ["1", "2", "3"]) {
    expect(await ask({ port, method: "POST" })).toMatchObject({ status: 200, body });
    await sleep(60);
  }
});

it("is used no more where its instance says so, has answered before it had the whole request, or was asked for a head", async () => {
  let connections = 0;
  const instance = await startRawInstance((socket) => {
    connections++;
    socket.on("data", (chunk) => {
      const text = chunk.toString("latin1");
      if (text.startsWith("HEAD")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
      else if (text.startsWith("GET")) socket.write(answer("ok").replace("\r\n", "\r\nConnection: close\r\n"));
      else if (text.startsWith("POST")) socket.write(answer("early"));
    });
  });
  const { port } = await startRouter([{ id: "web", ports: [instance] }]);
  const post = "POST / HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\nContent-Length: 9\r\n\r\n";
  const { socket, text, closed } = openSocket(port);
  socket.write(post);
  await until(() => text().endsWith("early"), "it is answered");
  socket.write("the  rest");
  await closed;
  await ask({ port });
  await ask({ port, method: "HEAD" });
  await ask({ port });
  expect(connections).toBe(4);
});

it("passes a request on in its client's framing, and nothing of its chunks' extensions and trailers", async () => {
  let heard = "";
  const instance = await startRawInstance((socket) => {
    socket.on("data", (chunk) => {
      heard += chunk.toString("latin1");
      if (heard.endsWith("0\r\n\r\n") || heard.endsWith("abc")) socket.write(answer("ok"));
    });
  });
  const { port } = await startRouter([{ id: "web", ports: [instance] }]);
  const head = "POST /x HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\n";
  await converse(port, `${head}Content-Length: 003\r\n\r\nabc`);
  expect(heard).toMatch(
    /^POST \/x HTTP\/1\.1\r\nhost: shop\.localhost\r\nconnection: keep-alive\r\n[^]*content-length: 3\r\n\r\nabc$/,
  );
  heard = "";
  await converse(
    port,
    `${head}Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n`,
  );
  expect(heard).toMatch(/transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n$/);
});

it("takes an answer that is said to come, byte by byte", async () => {
  const text = `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n${answer("whole")}`;
  const instance = await startRawInstance((socket) => {
    socket.once("data", async () => {
      for (const byte of text) {
        socket.write(byte);
        await new Promise(setImmediate);
      }
    });
  });
  const { port } = await startRouter([{ id: "web", ports: [instance] }]);
  const { status, body, headers } = await ask({ port });
  expect([status, body, headers["link"]]).toEqual([200, "whole", undefined]);
});

it("gives a client one answer whatever an instance says, and goes on", async () => {
  let said = "";
  const instance = await startRawInstance((socket) => void socket.on("data", () => socket.end(said, "latin1")));
  const { port, router } = await startRouter([{ id: "web", ports: [instance] }], { answerDeadlineMs: 20_000 });
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        answers.map(({ text }) => text),
        spoiltAnswers,
      ),
      async (text) => {
        said = text;
        const heard = await converse(port, "POST / HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\n\r\n");
        expect(heard).toMatch(/^HTTP\/1\.1 \d{3} /);
      },
    ),
    { numRuns: 200 },
  );
  said = answer("good");
  expect((await ask({ port })).body).toBe("good");
  expect(router.load().get("web")?.inFlight).toBe(0);
});

it("brings each of many clients its own answer whole, whether they keep up or not", async () => {
  const bodies = Array.from({ length: 8 }, () => randomBytes(3_000_000));
  const instance = await startInstance((req, res) => {
    const body = bodies[Number(req.url?.slice(1))]!;
    // Of a known length, and in chunks.
    if (req.headers["x-chunks"] === undefined) res.writeHead(200, { "content-length": body.length });
    for (let at = 0; at < body.length; at += 100_000) res.write(body.subarray(at, at + 100_000));
    res.end();
  });
  const { port } = await startRouter([{ id: "web", ports: [instance.port] }]);
  const sums = await Promise.all(
    bodies.flatMap((_, place) => [false, true].map((isSlow) => download(port, `/${place}`, place % 2 === 0, isSlow))),
  );
  expect(sums).toEqual(bodies.flatMap((body) => [sumOf(body), sumOf(body)]));
});

it("takes uploads whole, whether the instance keeps up or not", async () => {
  const instance = await startInstance(async (req, res) => {
    const hash = createHash("sha256");
    for await (const piece of req) {
      hash.update(piece);
      if (req.url === "/slow") await sleep(1);
    }
    res.end(hash.digest("hex"));
  });
  const { port } = await startRouter([{ id: "web", ports: [instance.port] }]);
  const body = randomBytes(5_000_000);
  const asked = ["/", "/slow"].flatMap((path) =>
    [{}, { "transfer-encoding": "chunked" }].map((headers) => ask({ port, path, method: "POST", body, headers })),
  );
  expect((await Promise.all(asked)).map((answered) => answered.body)).toEqual(asked.map(() => sumOf(body)));
});

function sumOf(body: Buffer): string {
  return createHash("sha256").update(body).digest("hex");
}

function download(port: number, path: string, inChunks: boolean, isSlow: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { host: "shop.localhost", ...(inChunks ? { "x-chunks": "1" } : {}) };
    const sent = request({ port, host: "127.0.0.1", path, headers, agent: false }, async (res) => {
      const hash = createHash("sha256");
      for await (const piece of res) {
        hash.update(piece);
        if (isSlow) await sleep(2);
      }
      resolve(hash.digest("hex"));
    });
    sent.on("error", reject).end();
  });
}

it("ends a request, and nothing else, where whoever is told of its answer throws", async () => {
  const port = await startRawInstance((socket) => socket.on("data", () => socket.write(answer("ok"))));
  const nothing = () => undefined;
  const owner = { opened: nothing, unreached: nothing, ended: nothing };
  const options = {
    endpoint: { host: "127.0.0.1", port },
    deadlines: new Deadlines(systemClock),
    answerDeadlineMs: 5_000,
  };
  const connection = new Connection({ ...options, isForTunnel: false }, owner);
  const thrown = new Error("a header that node:http does not take");
  const fault = await new Promise((resolve) => {
    const taker = {
      onSent: nothing,
      onHeard: nothing,
      onBody: nothing,
      onRead: nothing,
      onEnd: nothing,
      onSwitch: nothing,
    };
    const onHead = () => {
      throw thrown;
    };
    const head = "GET / HTTP/1.1\r\nhost: shop\r\n\r\n";
    connection.send({ method: "GET", head, body: null }, { ...taker, onHead, onFault: resolve });
  });
  expect(fault).toMatchObject({ kind: "closed", cause: thrown });
  expect(connection.closed).toBe(true);
});
