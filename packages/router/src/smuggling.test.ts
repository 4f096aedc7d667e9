import { describe, expect, it } from "vitest";
import type { RefusalReason } from "./refusals.ts";
import { converse, startInstance, startRawInstance, startRouter, until } from "./support/servers.ts";

const head = "Host: shop.localhost\r\nConnection: close\r\n";
const post = `POST / HTTP/1.1\r\n${head}`;
const get = `GET / HTTP/1.1\r\n${head}`;
const second = "GET /second HTTP/1.1\r\nHost: shop.localhost\r\n\r\n";

const refused: readonly (readonly [what: string, text: string, reason: RefusalReason])[] = [
  ["two lengths that differ", `${post}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`, "bad-length"],
  ["two lengths that are equal", `${post}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`, "bad-length"],
  ["a list of lengths", `${post}Content-Length: 5, 5\r\n\r\nhello`, "bad-length"],
  ["a signed length", `${post}Content-Length: +5\r\n\r\nhello`, "bad-length"],
  ["a length in hex", `${post}Content-Length: 0x5\r\n\r\nhello`, "bad-length"],
  ["CL.TE", `${post}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`, "bad-coding"],
  ["TE.CL", `${post}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`, "bad-length"],
  ["two codings", `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, "bad-coding"],
  ["a list of codings", `${post}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, "bad-coding"],
  ["identity", `${post}Transfer-Encoding: identity\r\n\r\n`, "bad-coding"],
  ["chunked first of a list", `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`, "bad-coding"],
  ["a coding with a vertical tab", `${post}Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n`, "malformed"],
  ["a coding with a tab behind it", `${post}Transfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n`, "bad-coding"],
  ["a coding in HTTP/1.0", `POST / HTTP/1.0\r\n${head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, "bad-coding"],
  ["a space before the colon", `${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`, "malformed"],
  ["a folded line", `${post}X: a\r\n b\r\nContent-Length: 0\r\n\r\n`, "malformed"],
  ["a line that begins with a space", `GET / HTTP/1.1\r\n X: a\r\n${head}\r\n`, "malformed"],
  ["a bare LF after the first line", `GET / HTTP/1.1\n${head}\r\n`, "bad-version"],
  ["a bare LF after a header", `GET / HTTP/1.1\r\nX: a\n${head}\r\n`, "malformed"],
  ["a bare CR in a header", `${get}X: a\rTransfer-Encoding: chunked\r\n\r\n`, "malformed"],
  ["NUL in a header", `${get}X: a\0b\r\n\r\n`, "malformed"],
  ["a chunk size that is no number", `${post}Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n`, "bad-chunk"],
  ["a signed chunk size", `${post}Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n`, "bad-chunk"],
  ["a chunk size in 0x", `${post}Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n`, "bad-chunk"],
  ["a chunk size that is too large", `${post}Transfer-Encoding: chunked\r\n\r\n${"f".repeat(17)}\r\n`, "bad-chunk"],
  ["no version, headers after it", `GET /x\r\n${head}Content-Length: 5\r\n\r\nhello`, "bad-version"],
  ["no version, ended by LF", `GET /x\n${head}Content-Length: 5\r\n\r\nhello`, "bad-version"],
  ["HTTP/2.0 in a line", `GET / HTTP/2.0\r\n${head}\r\n`, "bad-version"],
  ["two hosts", `GET / HTTP/1.1\r\n${head}Host: other.localhost\r\n\r\n`, "bad-host"],
  ["no host", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "bad-host"],
  ["a host with a path", "GET / HTTP/1.1\r\nHost: shop.localhost/x\r\nConnection: close\r\n\r\n", "bad-host"],
  ["a host with a user", "GET / HTTP/1.1\r\nHost: a@shop.localhost\r\nConnection: close\r\n\r\n", "bad-host"],
  ["another host in its target", `GET http://other.localhost/ HTTP/1.1\r\n${head}\r\n`, "bad-target"],
  ["a target of another scheme", `GET ftp://shop.localhost/ HTTP/1.1\r\n${head}\r\n`, "bad-target"],
  ["a fragment", `GET /a#b HTTP/1.1\r\n${head}\r\n`, "bad-target"],
  ["CONNECT", `CONNECT other.localhost:443 HTTP/1.1\r\n${head}\r\n`, "connect"],
  ["an expectation that is none", `${post}Expect: 200-ok\r\nContent-Length: 0\r\n\r\n`, "expectation"],
  ["a target that is too long", `GET /${"a".repeat(9_000)} HTTP/1.1\r\n${head}\r\n`, "url-too-long"],
  ["a target without end", `GET /${"a".repeat(40_000)}`, "url-too-long"],
  ["headers that are too large", `${get}X: ${"a".repeat(40_000)}\r\n\r\n`, "headers-too-large"],
  ["too many headers", `${get}${"X: a\r\n".repeat(200)}\r\n`, "too-many-headers"],
  ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "malformed"],
];

describe("what two servers could read differently", () => {
  it.each(refused)("is refused and counted: %s", async (_, text, reason) => {
    const seen: string[] = [];
    const instance = await startInstance((req, res) => {
      seen.push(`${req.method} ${req.url}`);
      req.on("error", () => undefined);
      req.resume().on("end", () => res.end("whole"));
    });
    const { port, edge } = await startRouter([{ id: "web", ports: [instance.port] }]);
    const answer = await converse(port, text + second);
    expect(answer).not.toContain("whole");
    expect(answer).toMatch(/^$|^HTTP\/1\.1 (?:400|405|414|417|431|505) /);
    expect(seen.filter((line) => line.includes("second"))).toEqual([]);
    expect([...edge.refusals.all()]).toEqual([[reason, 1]]);
  });
});

const bad: readonly (readonly [what: string, answer: string])[] = [
  ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\nhello"],
  ["a length and a coding", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  [
    "a coding with a tab behind it",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\t\r\n\r\n5\r\nhello\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad",
  ],
  ["a list of codings", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"],
  ["a header with a bare CR", "HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: b\r\nContent-Length: 0\r\n\r\n"],
  ["a header with NUL", "HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n"],
  ["a folded header", "HTTP/1.1 200 OK\r\nX: a\r\n Set-Cookie: b\r\nContent-Length: 0\r\n\r\n"],
  ["a switch that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"],
  ["headers without end", `HTTP/1.1 200 OK\r\nX: ${"a".repeat(80_000)}`],
];

it("takes nothing of a connection after a request that it refused", async () => {
  const seen: string[] = [];
  const instance = await startInstance((req, res) => res.end(seen.push(req.url ?? "")));
  const { port } = await startRouter([{ id: "web", ports: [instance.port] }]);
  for (const text of ["GET /a#b HTTP/1.1\r\nHost: shop.localhost\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"])
    expect((await converse(port, text + second)).match(/HTTP\/1\.1/g)).toHaveLength(1);
  expect(seen).toEqual([]);
});

describe("an answer that cannot be trusted", () => {
  it.each(bad)("is not passed on: %s", async (_, answer) => {
    const instance = await startRawInstance((socket) => void socket.once("data", () => socket.write(answer, "latin1")));
    const { port, edge } = await startRouter([{ id: "web", ports: [instance] }]);
    const heard = await converse(port, `${get}\r\n`);
    expect(heard).toMatch(/^HTTP\/1\.1 502 /);
    expect(heard).not.toMatch(/set-cookie|hello/i);
    expect(edge.refusals.of("bad-gateway")).toBe(1);
  });

  it("is not followed by what an instance sends unasked", async () => {
    let count = 0;
    const instance = await startRawInstance((socket) => {
      socket.on("data", () => {
        count++;
        socket.write(
          count === 1
            ? "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\noneHTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npoisoned"
            : "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo",
        );
      });
    });
    const { port } = await startRouter([{ id: "web", ports: [instance] }]);
    expect(await converse(port, `${get}\r\n`)).toMatch(/one$/);
    expect(await converse(port, `${get}\r\n`)).toMatch(/two$/);
    await until(() => count === 2, "both were asked");
  });
});
