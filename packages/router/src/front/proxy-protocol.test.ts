import { describe, expect, it } from "vitest";
import { readProxyHeader } from "./proxy-protocol.ts";

const signature = "0d0a0d0a000d0a515549540a";
const binary = (hex: string) => Buffer.from(`${signature}${hex.replaceAll(" ", "")}`, "hex");
const tcp4 = binary("2111000c c0000201 0a000001 d431 01bb");

describe("a PROXY header", () => {
  it.each([
    ["TCP over IPv4, version 2", tcp4, { address: "192.0.2.1", localPort: 443 }],
    [
      "TCP over IPv6, version 2",
      binary("21210024 20010db8000000000000000000000001 20010db8000000000000000000000002 d431 0050"),
      { address: "2001:db8::1", localPort: 80 },
    ],
    [
      "IPv4 written as IPv6",
      binary("21210024 00000000000000000000ffffc0000201 00000000000000000000ffff0a000001 d431 0050"),
      { address: "192.0.2.1", localPort: 80 },
    ],
    [
      "extensions behind the addresses",
      binary("21110011 c0000201 0a000001 d431 01bb 0400020000"),
      { address: "192.0.2.1", localPort: 443 },
    ],
    ["a health check of the proxy itself", binary("20000000"), null],
    ["a socket that is not TCP", binary("21310000"), null],
    ["version 1", Buffer.from("PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r\n"), { address: "192.0.2.1", localPort: 443 }],
    [
      "version 1 over IPv6",
      Buffer.from("PROXY TCP6 2001:DB8:0::1 ::1 56324 80\r\n"),
      { address: "2001:db8::1", localPort: 80 },
    ],
    ["version 1 of nobody known", Buffer.from("PROXY UNKNOWN ffff::1 ::2 1 2\r\n"), null],
  ])("is read: %s", (_, bytes, peer) => {
    const rest = Buffer.from("GET / HTTP/1.1\r\n");
    expect(readProxyHeader(Buffer.concat([bytes, rest]))).toEqual({ kind: "header", bytes: bytes.length, peer });
    for (let end = 0; end < bytes.length; end++)
      expect(readProxyHeader(bytes.subarray(0, end))).toEqual({ kind: "more" });
  });

  it.each([
    ["a request", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
    ["another version", binary("3111000c c0000201 0a000001 d431 01bb")],
    ["another command", binary("2211000c c0000201 0a000001 d431 01bb")],
    ["too few addresses", binary("21110004 c0000201")],
    ["more than anybody needs", binary("2111ffff")],
    ["version 1 with a name", Buffer.from("PROXY TCP4 example.org 10.0.0.1 1 2\r\n")],
    ["version 1 with the wrong family", Buffer.from("PROXY TCP4 ::1 ::1 1 2\r\n")],
    ["version 1 with a port that is none", Buffer.from("PROXY TCP4 192.0.2.1 10.0.0.1 1 70000\r\n")],
    ["version 1 ended by LF", Buffer.from("PROXY TCP4 192.0.2.1 10.0.0.1 1 2\n")],
    ["version 1 without end", Buffer.from(`PROXY TCP4 ${"1".repeat(200)}`)],
  ])("is none: %s", (_, bytes) => {
    expect(readProxyHeader(bytes)).toEqual({ kind: "fault" });
  });
});
