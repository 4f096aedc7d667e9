import { expect, test } from "vitest";
import { basicPassword, gitProtocol, parseGitRequest } from "./request.ts";

test.each([
  [
    "GET",
    "/shop.git/info/refs?service=git-receive-pack",
    { kind: "advertise", app: "shop", service: "git-receive-pack" },
  ],
  ["POST", "/shop.git/git-upload-pack", { kind: "call", app: "shop", service: "git-upload-pack" }],
  [
    "POST",
    `/shop.git/berth-working-tree?tree=${"0a".repeat(20)}`,
    { kind: "working-tree", app: "shop", tree: "0a".repeat(20) },
  ],
  ["POST", "/shop.git/berth-working-tree?tree=main", { kind: "unknown", app: "shop" }],
  ["GET", "/shop.git/info/refs", { kind: "unknown", app: "shop" }],
  ["GET", "/shop.git/info/refs?service=toString", { kind: "unknown", app: "shop" }],
  ["GET", "/shop.git/git-upload-pack", { kind: "unknown", app: "shop" }],
  ["GET", "/shop.git/objects/../../HEAD", null],
  ["GET", "/shop.git", { kind: "unknown", app: "shop" }],
  ["GET", "/shop", null],
  ["GET", "/a/shop.git/HEAD", null],
  // The second slash of `//` may be written like this: then it is a host, and none that is valid.
  ["GET", "/\\[.git/info/refs", null],
])("%s %s", (method, url, expected) => {
  expect(parseGitRequest(method, url)).toEqual(expected);
});

test("the password is what follows the first colon", () => {
  const header = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
  expect(basicPassword(header("any:to:ken"))).toBe("to:ken");
  expect(basicPassword(header("nothing"))).toBeNull();
  expect(basicPassword("Bearer x")).toBeNull();
  expect(basicPassword(undefined)).toBeNull();
});

test("only a plain protocol version reaches git's environment", () => {
  expect(gitProtocol("version=2")).toBe("version=2");
  expect(gitProtocol("version=2\nPATH=x")).toBeUndefined();
  expect(gitProtocol(["version=2"])).toBeUndefined();
});
