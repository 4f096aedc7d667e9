import type { IncomingMessage } from "node:http";
import { expect, it } from "vitest";
import { parseContentRange } from "../uploads/content-range.ts";
import { accepts } from "./accept.ts";
import { addressOf } from "./address.ts";
import { selectPage } from "./page.ts";
import { matchesTag, selectRange } from "./range.ts";

it.each([
  ["bytes=0-3", { first: 0, last: 3 }],
  ["bytes=4-", { first: 4, last: 9 }],
  ["bytes=-3", { first: 7, last: 9 }],
  ["bytes=-30", { first: 0, last: 9 }],
  ["bytes=8-100", { first: 8, last: 9 }],
  ["bytes=10-", "unsatisfiable"],
  ["bytes=5-2", "unsatisfiable"],
  ["bytes=-0", "unsatisfiable"],
  ["bytes=0-1,4-5", null],
  ["bytes=-", null],
  ["lines=0-3", null],
  [undefined, null],
])("of ten bytes %s selects %j", (header, expected) => {
  expect(selectRange(header, 10)).toEqual(expected);
});

it.each([
  ["apps.example.org", undefined, "https apps.example.org"],
  ["localhost:30400", undefined, "http localhost:30400"],
  ["localhost:30400", "https", "https localhost:30400"],
  ["not a host", undefined, "https apps.example.org"],
])("tells who asked %s, forwarded as %s, to go on at %s", (host, forwarded, address) => {
  const headers = { host, ...(forwarded !== undefined && { "x-forwarded-proto": forwarded }) };
  const { scheme, host: told } = addressOf({ headers } as IncomingMessage, "https://apps.example.org");
  expect(`${scheme} ${told}`).toBe(address);
});

it("has no range in what is empty", () => {
  expect(selectRange("bytes=0-", 0)).toBe("unsatisfiable");
  expect(selectRange("bytes=-1", 0)).toBe("unsatisfiable");
});

it("knows entity tags, weak ones and lists too", () => {
  expect(matchesTag('"a"', '"a"')).toBe(true);
  expect(matchesTag('"b", W/"a"', '"a"')).toBe(true);
  expect(matchesTag("*", '"a"')).toBe(true);
  expect(matchesTag('"ab"', '"a"')).toBe(false);
  expect(matchesTag(undefined, '"a"')).toBe(false);
});

it.each([
  ["0-9", { first: 0, last: 9 }],
  ["bytes 5-9/10", { first: 5, last: 9 }],
  ["bytes=5-9", { first: 5, last: 9 }],
  ["bytes 5-9/*", { first: 5, last: 9 }],
  ["9-5", null],
  ["-5", null],
  ["5", null],
  ["0-1e3", null],
])("reads the Content-Range %s", (text, expected) => {
  expect(parseContentRange(text)).toEqual(expected);
});

it.each([
  [undefined, true],
  ["*/*", true],
  ["application/json", true],
  ["application/vnd.a+json;q=0.5, text/plain", true],
  ["application/vnd.b+json", false],
  ["text/*", false],
])("Accept: %s", (header, expected) => {
  expect(accepts(header, "application/vnd.a+json")).toBe(expected);
});

it("cuts a list into pages", () => {
  const page = (text: string) => selectPage(["a", "b", "c"], new URLSearchParams(text), "/list");
  expect(page("")).toEqual({ items: ["a", "b", "c"], link: null });
  expect(page("n=2")).toEqual({ items: ["a", "b"], link: '</list?n=2&last=b>; rel="next"' });
  expect(page("n=2&last=b")).toEqual({ items: ["c"], link: null });
  expect(page("last=aa")).toEqual({ items: ["b", "c"], link: null });
  expect(page("n=0")).toEqual({ items: [], link: null });
  expect(() => page("n=x")).toThrow("n=x is not a number");
});
