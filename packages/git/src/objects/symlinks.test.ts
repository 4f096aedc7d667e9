import { expect, test } from "vitest";
import { findEscapingLinks } from "./symlinks.ts";

const escaping = (links: Record<string, string>) => findEscapingLinks(new Map(Object.entries(links)));

test.each([
  ["a sibling", { "a/x": "y" }],
  ["the root itself", { "a/x": ".." }],
  ["through another link", { d: "a/b", x: "d/../c" }],
  ["a circle, which nothing can follow", { a: "b", b: "a" }],
  ["a circle that grows", { a: "a/a" }],
])("a link to %s stays inside", (_what, links) => {
  expect(escaping(links)).toEqual([]);
});

test.each([
  ["an absolute path", { x: "/etc/passwd" }, ["x"]],
  ["above the root", { "a/x": "../../y" }, ["a/x"]],
  ["above the root and back", { x: "../name-of-the-folder/y" }, ["x"]],
  ["above the root by way of a link upwards", { "a/b/up": "../..", x: "a/b/up/../y" }, ["x"]],
  ["a link that leads out", { out: "/", x: "out/etc" }, ["out", "x"]],
])("a link to %s leads out", (_what, links, expected) => {
  expect(escaping(links)).toEqual(expected);
});
