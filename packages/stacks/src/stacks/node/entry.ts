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

const serverLibraries = [
  "express",
  "fastify",
  "koa",
  "hono",
  "@hono/node-server",
  "@hapi/hapi",
  "polka",
  "h3",
  "restify",
  "ws",
  "socket.io",
];
const bundlers = ["vite", "webpack", "webpack-dev-server", "parcel"];

/** Whether a project with a bundler is nevertheless a server: a library that answers HTTP is there, and a file beside the bundled ones that uses it. */
export function isServerEntry(tree: TreeView, { dependencies, ...manifest }: Manifest): boolean {
  const has = (names: readonly string[]) => names.some((name) => name in dependencies);
  const entry = has(serverLibraries) && has(bundlers) ? findEntry(tree, { dependencies, ...manifest }) : null;
  return entry !== null && (entry.from === "package.json main" || /^(src\/)?server\.|^[^/]+$/.test(entry.file));
}
