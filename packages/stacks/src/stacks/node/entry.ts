import type { TreeView } from "@berth/core";
import type { Manifest } from "./manifest.ts";

const names = ["index", "server", "app", "main", "src/index", "src/server", "src/app", "src/main"];
const endings = ["js", "mjs", "cjs", "ts", "mts"];
const built = /^(dist|build|lib|out|output)\//;

/** The file that starts the program where no script says it, and what says so: `main`, then the usual names. */
export function findEntry(tree: TreeView, manifest: Manifest): { file: string; from: string } | null {
  const main = manifest.main?.replace(/^\.\//, "") ?? null;
  if (main !== null) {
    const file = [main, `${main}.js`, `${main}/index.js`.replace("//", "/")].find((path) => tree.has(path));
    if (file !== undefined) return { file, from: "package.json main" };
    if (manifest.scripts["build"] !== undefined && built.test(main)) return { file: main, from: "package.json main" };
  }
  const file = names.flatMap((name) => endings.map((ending) => `${name}.${ending}`)).find((path) => tree.has(path));
  return file === undefined ? null : { file, from: file };
}

/** Libraries that make a program answer HTTP: where one is there, a file is a server even beside a bundler. */
export const serverLibraries = [
  "express",
  "fastify",
  "koa",
  "hono",
  "@hono/node-server",
  "@hapi/hapi",
  "@nestjs/core",
  "polka",
  "h3",
  "restify",
  "ws",
  "socket.io",
];
