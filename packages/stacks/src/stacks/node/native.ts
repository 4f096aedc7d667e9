import type { Finding, TreeView } from "@berth/core";
import type { Manifest } from "./manifest.ts";

/** Packages that need a program or a library which slim images do not have, and what to do. */
const needs: readonly [string, string][] = [
  ["puppeteer", "puppeteer drives a browser, which the image lacks: name a base that has one with `base:`"],
  ["playwright", "playwright drives a browser, which the image lacks: name a base that has one with `base:`"],
  ["fluent-ffmpeg", "fluent-ffmpeg calls ffmpeg, which the image lacks: ffmpeg-static brings one"],
  ["gm", "gm calls GraphicsMagick, which the image lacks: sharp needs no such program"],
];
const sqlite = ["better-sqlite3", "sqlite3", "@libsql/client"];

/** What to expect of dependencies that need more than Node: programs, and a place for SQLite's files. */
export function nativeFindings(tree: TreeView, { dependencies }: Manifest): Finding[] {
  const from = "package.json";
  const schema = tree.read("prisma/schema.prisma") ?? "";
  const usesFile = /provider\s*=\s*"sqlite"/.test(schema);
  const what =
    "SQLite's file needs a folder that may be written to: name it, as in `writable: [data]`; it is new with each release";
  return [
    ...needs.filter(([name]) => name in dependencies).map(([, text]) => ({ what: text, from })),
    ...(usesFile ? [{ what, from: "prisma/schema.prisma" }] : []),
    ...(!usesFile && sqlite.some((name) => name in dependencies) ? [{ what, from }] : []),
  ];
}
