import { expect, it } from "vitest";
import { readAnswer } from "./read-answer.ts";

const head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n";

it("reads an answer once it is whole, however it comes", () => {
  const text = `${head}\r\nhello`;
  for (let length = 0; length < text.length; length++) expect(readAnswer(text.slice(0, length))).toBeNull();
  expect(readAnswer(text)).toEqual({ status: 200, body: "hello", closes: false });
});

it("tells of a connection that ends", () => {
  expect(readAnswer(`${head}Connection: close\r\n\r\nhello`)).toMatchObject({ closes: true });
});

it("does not guess where an answer ends", () => {
  expect(() => readAnswer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")).toThrow("Content-Length");
});
