import { expect, it } from "vitest";
import { makeFieldLine } from "./fields.ts";
import { makeRequestHead, type RequestHeadParts } from "./request-head.ts";

const plain: RequestHeadParts = {
  method: "GET",
  path: "/a?b=c",
  host: "shop.localhost:4000",
  protocol: null,
  lines: "Accept: */*\r\n",
  body: null,
};

it("says what is asked for, and whether the connection stays", () => {
  expect(makeRequestHead(plain)).toBe(
    "GET /a?b=c HTTP/1.1\r\nhost: shop.localhost:4000\r\nconnection: keep-alive\r\nAccept: */*\r\n\r\n",
  );
  // What some servers send after the answer to HEAD would be taken for the next answer.
  expect(makeRequestHead({ ...plain, method: "HEAD" })).toContain("\r\nconnection: close\r\n");
  expect(makeRequestHead({ ...plain, protocol: "websocket" })).toContain(
    "\r\nconnection: upgrade\r\nupgrade: websocket\r\n",
  );
});

it("frames a body as its client did", () => {
  const framing = (parts: Partial<RequestHeadParts>) =>
    /(?:content-length|transfer-encoding): .*/.exec(makeRequestHead({ ...plain, ...parts }) ?? "")?.[0];
  expect(framing({})).toBeUndefined();
  expect(framing({ method: "POST" })).toBe("content-length: 0");
  expect(framing({ method: "POST", body: "5" })).toBe("content-length: 5");
  expect(framing({ method: "POST", body: "0010" })).toBe("content-length: 10");
  expect(framing({ method: "POST", body: "chunked" })).toBe("transfer-encoding: chunked");
  expect(framing({ method: "DELETE", body: "3" })).toBe("content-length: 3");
});

it("is not made of what could become two requests", () => {
  const bad: readonly Partial<RequestHeadParts>[] = [
    { method: "GET /x HTTP/1.1\r\nX:" },
    { method: "" },
    { path: "/a b" },
    { path: "/a\r\nX: y" },
    { path: "*" },
    { path: "/\u010a" },
    { host: "a\r\nX: y" },
    { host: "a\nX: y" },
    { protocol: "x\r\n\r\nGET / HTTP/1.1" },
    { body: "5\r\nX: y" },
  ];
  for (const parts of bad) expect(makeRequestHead({ ...plain, ...parts })).toBeNull();
  const badFields = [
    ["X", "a\r\nY: b"],
    ["X", "a\nY: b"],
    ["X", "a\r\n b"],
    ["X", "\0"],
    ["X", "\u010a"],
    ["X ", "a"],
    ["X: y\r\nZ", "a"],
    ["", "a"],
  ] as const;
  for (const [name, value] of badFields) expect(makeFieldLine(name, value)).toBeNull();
  expect(makeFieldLine("X", "\t\xe9")).toBe("X: \t\xe9\r\n");
});
