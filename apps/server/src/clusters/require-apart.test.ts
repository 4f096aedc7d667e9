import { expect, it } from "vitest";
import { requireApart } from "./require-apart.ts";

const own = { identity: "one", prefix: "berth-" };
const options = { namespacePrefix: "eu-", registry: null, routerAddresses: null, ranges: null, quota: null };
const registered = [{ name: "eu", identity: "one", options, createdAt: 0, createdBy: "ada" }];

it.each([
  ["berth-", "default"],
  ["berth-us-", "default"],
  ["eu-", "eu"],
  ["eu-west-", "eu"],
])("a cluster that is known already needs other namespaces than %s", (prefix, as) => {
  expect(() => requireApart({ name: "us", identity: "one", prefix }, own, registered)).toThrow(`known as ${as},`);
});

it("another cluster may have the same namespaces, and the same one others", () => {
  for (const [identity, prefix] of [
    ["two", "berth-"],
    ["one", "us-"],
  ] as const)
    expect(() => requireApart({ name: "us", identity, prefix }, own, registered)).not.toThrow();
});
