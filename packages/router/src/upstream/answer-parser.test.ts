import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import type { AnswerHead } from "./answer-head.ts";
import { answers, spoiltAnswers } from "../support/answers.ts";
import { AnswerParser } from "./answer-parser.ts";

interface Reading {
  head: AnswerHead | null;
  body: string;
  trailers: readonly string[];
  ends: number;
  /** More came than belongs to the answer. */
  isLast: boolean;
  switched: string | null;
  fault: string | null;
}

/** Reads an answer that comes in pieces of these sizes, over and over, and then ends. */
function read(text: string, { method = "GET", maySwitch = false, sizes = [Infinity] } = {}): Reading {
  const reading: Reading = { head: null, body: "", trailers: [], ends: 0, isLast: false, switched: null, fault: null };
  const parser = new AnswerParser({
    head: (head) => (reading.head = head),
    body: (piece) => (reading.body += piece.toString("latin1")),
    end(trailers, isLast) {
      reading.ends++;
      reading.trailers = trailers;
      reading.isLast = isLast;
    },
    switched(head, rest) {
      reading.head = head;
      reading.switched = rest.toString("latin1");
    },
  });
  const bytes = Buffer.from(text, "latin1");
  // As in a connection, what was read before is still there behind what was read now.
  const buffer = Buffer.alloc(bytes.length + 8, "\r\n\r\n");
  parser.begin(method, maySwitch);
  let at = 0;
  for (let turn = 0; at < bytes.length && reading.fault === null && !parser.isIdle; turn++) {
    const size = Math.min(sizes[turn % sizes.length]!, bytes.length - at);
    bytes.copy(buffer, 0, at, at + size);
    reading.fault = parser.feed(buffer, size);
    at += size;
  }
  if (parser.isIdle && at < bytes.length) {
    if (reading.switched === null) reading.isLast = true;
    else reading.switched += bytes.toString("latin1", at);
  }
  reading.fault ??= parser.finish();
  return reading;
}

const ok = "HTTP/1.1 200 OK\r\n";
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;

describe("an answer", () => {
  it("is read with its words, its headers as they were written, and the bytes of its length", () => {
    const reading = read("HTTP/1.1 201 Made So\r\nX-A:  1 \r\nx-a:2\r\nEmpty:\r\nContent-Length: 3\r\n\r\nabc");
    expect(reading).toMatchObject({ body: "abc", ends: 1, isLast: false, fault: null });
    expect(reading.head).toMatchObject({ status: 201, reason: "Made So", hasLength: true, keepAliveMs: 4_000 });
    expect(reading.head?.headers).toEqual(["X-A", "1", "x-a", "2", "Empty", "", "Content-Length", "3"]);
  });

  it("in chunks is put together, without their extensions and with its trailers", () => {
    const text = `${chunked}3;a="b"\r\nabc\r\n0a\r\n0123456789\r\n000\r\nX-Sum: \xe9\r\nY: z\r\n\r\n`;
    expect(read(text)).toMatchObject({
      body: "abc0123456789",
      trailers: ["X-Sum", "\xe9", "Y", "z"],
      ends: 1,
      fault: null,
    });
  });

  it("without a length ends with its connection, which is then used no more", () => {
    expect(read(`${ok}\r\nall of it`)).toMatchObject({
      body: "all of it",
      ends: 1,
      head: { keepAliveMs: 0 },
      fault: null,
    });
  });

  it.each([
    ["HEAD", `${ok}Content-Length: 5\r\n\r\n`],
    ["GET", "HTTP/1.1 204 None\r\n\r\n"],
    ["GET", 'HTTP/1.1 304 Same\r\nETag: "x"\r\nContent-Length: 5\r\n\r\n'],
  ])("to %s has no body where there is none: %j", (method, text) => {
    expect(read(text, { method })).toMatchObject({ body: "", ends: 1, isLast: false, fault: null });
    expect(read(`${text}more`, { method })).toMatchObject({ body: "", ends: 1, isLast: true });
  });

  it("comes after others that only say that it will come", () => {
    const early = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
    expect(read(`${early}${ok}Content-Length: 1\r\n\r\na`)).toMatchObject({
      head: { status: 200 },
      body: "a",
      ends: 1,
    });
    expect(read(`${"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(3_000)}`).fault).toBe("too-large");
  });

  it("that breaks off has no end", () => {
    for (const text of [
      "",
      "HTTP/1.1 2",
      ok,
      `${ok}Content-Length: 5\r\n\r\nabc`,
      `${chunked}5\r\nabc`,
      `${chunked}3\r\nabc\r\n`,
    ])
      expect(read(text)).toMatchObject({ ends: 0, fault: "closed" });
  });

  it("says how long its connection may be used again", () => {
    const times = [
      ["HTTP/1.1", "Connection: close", 0],
      ["HTTP/1.1", "Connection: x, Close", 0],
      ["HTTP/1.1", "Keep-Alive: timeout=9, max=5", 8_000],
      ["HTTP/1.1", "Keep-Alive: timeout=1", 0],
      ["HTTP/1.1", "Keep-Alive: timeout=3600", 60_000],
      ["HTTP/1.0", "X: y", 0],
      ["HTTP/1.0", "Connection: keep-alive", 4_000],
    ] as const;
    for (const [version, header, ms] of times)
      expect(read(`${version} 200 OK\r\n${header}\r\nContent-Length: 0\r\n\r\n`).head?.keepAliveMs).toBe(ms);
  });

  it("goes on with another protocol only where that was asked for", () => {
    const text = "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nframes";
    expect(read(text, { maySwitch: true })).toMatchObject({
      switched: "frames",
      head: { upgrade: "websocket" },
      fault: null,
    });
    expect(read(text)).toMatchObject({ switched: null, fault: "not-http" });
    expect(read("HTTP/1.1 101 Switching\r\n\r\n", { maySwitch: true }).fault).toBe("not-http");
  });
});

const refused: readonly (readonly [what: string, text: string])[] = [
  ["another protocol", "SSH-2.0-OpenSSH\r\n\r\n"],
  ["another version", "HTTP/2.0 200 OK\r\n\r\n"],
  ["a line without a status", "HTTP/1.1 OK\r\n\r\n"],
  ["a status of two digits", "HTTP/1.1 99 No\r\n\r\n"],
  ["a status of four digits", "HTTP/1.1 2000 No\r\n\r\n"],
  ["an empty line before it", `\r\n${ok}Content-Length: 0\r\n\r\n`],
  ["a bare LF after the first line", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"],
  ["bare LFs alone", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"],
  ["a bare LF after a header", `${ok}X: a\nContent-Length: 0\r\n\r\n`],
  ["a bare CR in a header", `${ok}X: a\rSet-Cookie: b\r\n\r\n`],
  ["NUL in a header", `${ok}X: a\0b\r\n\r\n`],
  ["NUL in the words", "HTTP/1.1 200 O\0K\r\n\r\n"],
  ["DEL in a header", `${ok}X: a\x7fb\r\n\r\n`],
  ["a folded header", `${ok}X: a\r\n b\r\n\r\n`],
  ["a space before the colon", `${ok}Content-Length : 5\r\n\r\nhello`],
  ["a line without a colon", `${ok}X\r\n\r\n`],
  ["a header without a name", `${ok}: a\r\n\r\n`],
  ["two lengths", `${ok}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`],
  ["two equal lengths", `${ok}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`],
  ["a list of lengths", `${ok}Content-Length: 5, 5\r\n\r\nhello`],
  ["a signed length", `${ok}Content-Length: +5\r\n\r\nhello`],
  ["a length in hex", `${ok}Content-Length: 0x5\r\n\r\nhello`],
  ["an empty length", `${ok}Content-Length:\r\n\r\nhello`],
  ["a length that no number holds", `${ok}Content-Length: 99999999999999999999\r\n\r\nhello`],
  ["a length and a coding", `${ok}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ["a length and a coding, to HEAD", `HTTP/1.1 304 Same\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`],
  ["two codings", `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ["a list of codings", `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ["another coding", `${ok}Transfer-Encoding: identity\r\n\r\nhello`],
  ["a coding with a tab behind it", `${ok}Transfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n`],
  ["a chunk size that is no number", `${chunked}xyz\r\nhello\r\n0\r\n\r\n`],
  ["an empty chunk size", `${chunked}\r\nhello\r\n0\r\n\r\n`],
  ["a signed chunk size", `${chunked}+5\r\nhello\r\n0\r\n\r\n`],
  ["a chunk size in 0x", `${chunked}0x5\r\nhello\r\n0\r\n\r\n`],
  ["a space behind a chunk size", `${chunked}5 \r\nhello\r\n0\r\n\r\n`],
  ["a chunk size that is too large", `${chunked}${"f".repeat(13)}\r\n`],
  ["a bare LF after a chunk size", `${chunked}5\nhello\r\n0\r\n\r\n`],
  ["a bare LF in a chunk extension", `${chunked}5;a\nb\r\nhello\r\n0\r\n\r\n`],
  ["a chunk extension without end", `${chunked}5;${"a".repeat(5_000)}`],
  ["a chunk that is longer than it says", `${chunked}4\r\nhello\r\n0\r\n\r\n`],
  ["a bare LF after a chunk", `${chunked}5\r\nhello\n0\r\n\r\n`],
  ["a folded trailer", `${chunked}0\r\nX: a\r\n b\r\n\r\n`],
  ["a trailer without a colon", `${chunked}0\r\nX\r\n\r\n`],
  ["a bare LF in a trailer", `${chunked}0\r\nX: a\nY: b\r\n\r\n`],
];

describe("what two readers could take for different things", () => {
  it.each(refused)("is refused, in whatever pieces it comes: %s", (_, text) => {
    for (const sizes of [[Infinity], [1], [7, 2]])
      expect(read(text, { sizes })).toMatchObject({
        ends: 0,
        fault: expect.stringMatching(/^(?:not-http|ambiguous)$/),
      });
  });

  it.each([
    ["headers", `${ok}X: ${"a".repeat(66_000)}\r\n\r\n`],
    ["headers without end", `${ok}X: ${"a".repeat(66_000)}`],
    ["trailers", `${chunked}0\r\nX: ${"a".repeat(66_000)}\r\n\r\n`],
    ["trailers without end", `${chunked}0\r\nX: ${"a".repeat(66_000)}`],
  ])("%s that are too large are refused", (_, text) => {
    for (const sizes of [[Infinity], [50_000]])
      expect(read(text, { sizes })).toMatchObject({ ends: 0, fault: "too-large" });
  });

  it("more than an answer makes its connection the last one", () => {
    const second = `${ok}Content-Length: 8\r\n\r\npoisoned`;
    for (const first of [`${ok}Content-Length: 3\r\n\r\none`, `${chunked}3\r\none\r\n0\r\n\r\n`])
      for (const sizes of [[Infinity], [1], [5]])
        expect(read(first + second, { sizes })).toMatchObject({ body: "one", ends: 1, isLast: true });
  });
});

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });

it("the same bytes are the same answer, in whatever pieces they come", () => {
  fc.assert(
    fc.property(answers, fc.string(), sizes, ({ text, body, trailers }, more, pieces) => {
      const whole = read(text + more);
      expect(read(text + more, { sizes: pieces })).toEqual(whole);
      expect(read(text)).toMatchObject({ body, ends: 1, isLast: false, fault: null, trailers: trailers.flat() });
    }),
    { numRuns: 500 },
  );
});

it("whatever is wrong with an answer, it is never more than one, and the same in whatever pieces it comes", () => {
  fc.assert(
    fc.property(spoiltAnswers, sizes, (spoiled, pieces) => {
      const twice = spoiled + spoiled;
      const { ends, fault, head } = read(twice);
      expect(ends).toBe(fault === null ? 1 : 0);
      const again = read(twice, { sizes: pieces });
      expect([again.ends, again.fault === null, again.head]).toEqual([ends, fault === null, head]);
    }),
    { numRuns: 1_000 },
  );
});

it("reads what Node's own client reads", async () => {
  let text = "";
  const server = createServer((socket) =>
    socket.on("error", () => undefined).once("data", () => socket.end(text, "latin1")),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  await fc.assert(
    fc.asyncProperty(answers, async (valid) => {
      text = valid.text;
      const theirs = await ask(port);
      const { head, body, trailers } = read(text);
      expect({ status: head?.status, reason: head?.reason, headers: head?.headers, body, trailers }).toEqual(theirs);
    }),
    { numRuns: 150 },
  );
});

function ask(port: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: "127.0.0.1", agent: false }, (res) => {
      let body = "";
      res.setEncoding("latin1").on("data", (piece: string) => (body += piece));
      res.on("error", reject).on("end", () => {
        const { statusCode: status, statusMessage: reason, rawHeaders: headers, rawTrailers: trailers } = res;
        resolve({ status, reason, headers, body, trailers });
      });
    });
    sent.on("error", reject).end();
  });
}
