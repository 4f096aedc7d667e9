import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { expect, it } from "vitest";
import { isNavigation } from "./navigation.ts";

const browser = {
  accept: "text/html,application/xhtml+xml,*/*;q=0.8",
  "sec-fetch-mode": "navigate",
  "sec-fetch-dest": "document",
};

it.each([
  ["GET", browser, true],
  ["HEAD", browser, true],
  ["GET", { accept: "text/html", "sec-fetch-mode": "navigate" }, true],
  ["POST", browser, false],
  ["GET", { ...browser, "sec-fetch-dest": "iframe" }, false],
  ["GET", { ...browser, "sec-fetch-mode": "cors" }, false],
  ["GET", { ...browser, "sec-purpose": "prefetch" }, false],
  ["GET", { ...browser, accept: "application/json" }, false],
  ["GET", { accept: "text/html" }, false],
])("%s with %o: %s", (method, headers, expected) => {
  const req = Object.assign(new IncomingMessage(new Socket()), { method });
  Object.assign(req.headers, headers);
  expect(isNavigation(req)).toBe(expected);
});
