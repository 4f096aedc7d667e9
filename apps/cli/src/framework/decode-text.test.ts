import { expect, test } from "vitest";
import { decodeText } from "./decode-text.ts";

test("text stays as it is, and what is none is refused", () => {
  expect(decodeText(Buffer.from("\uFEFFa\r\nä"), "It")).toBe("\uFEFFa\r\nä");
  const refused = expect.objectContaining({ code: "input.invalid", message: "It is no text in UTF-8." });
  expect(() => decodeText(Buffer.from([0x61, 0xff]), "It")).toThrow(refused);
});
