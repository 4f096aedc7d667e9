import { describe, expect, it, test } from "vitest";
import { digestOf } from "../../layout/blobs.ts";
import { parseMirrors } from "../places/mirrors.ts";
import { parseRegistry } from "../places/registry-address.ts";
import { makeHolders, repositoryOfBase } from "./holders.ts";

const digest = digestOf("blob");

describe("who holds a blob", () => {
  it("is another repository of the same registry", () => {
    const holders = makeHolders();
    const registry = parseRegistry("localhost:5055");
    expect(holders.find(registry, digest, "shop")).toBeNull();
    holders.note(registry, "shop", [digest]);
    expect(holders.find(registry, digest, "shop")).toBeNull();
    expect(holders.find(registry, digest, "other")).toBe("shop");
    holders.note(registry, "other", [digest]);
    expect(holders.find(registry, digest, "other")).toBe("shop");
    expect(holders.find(registry, digest, "third")).toBe("other");
    expect(holders.find(parseRegistry("127.0.0.1:5055"), digest, "third")).toBe("other");
    expect(holders.find(parseRegistry("localhost:5056"), digest, "third")).toBeNull();
    expect(holders.find(parseRegistry("ghcr.io"), digest, "third")).toBeNull();
  });

  it("is forgotten where it was noted long ago", () => {
    const holders = makeHolders();
    const registry = parseRegistry("ghcr.io");
    holders.note(registry, "shop", [digest]);
    holders.note(
      registry,
      "shop",
      Array.from({ length: 20_000 }, (_, index) => digestOf(String(index))),
    );
    expect(holders.find(registry, digest, "other")).toBeNull();
    expect(holders.find(registry, digestOf("19999"), "other")).toBe("shop");
  });
});

test.each([
  ["docker.io/library/node:24", "docker.io/acme", "", "library/node"],
  ["ghcr.io/team/base:1", "ghcr.io", "", "team/base"],
  ["ghcr.io/team/base:1", "docker.io/acme", "", null],
  ["docker.io/library/node:24", "localhost:5055", "docker.io=http://127.0.0.1:5055", "library/node"],
  [
    "docker.io/library/node:24",
    "https://mirror.example/apps",
    "docker.io=https://mirror.example/hub",
    "hub/library/node",
  ],
  ["docker.io/library/node:24", "http://mirror.example", "docker.io=https://mirror.example", null],
])("the base %s is in %s, with mirrors %j, as %s", (base, registry, mirrors, repository) => {
  expect(repositoryOfBase(base, parseRegistry(registry), parseMirrors(mirrors))).toBe(repository);
});
