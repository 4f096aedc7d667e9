import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);

/** The packages that are loaded when this is imported, in a process of its own. */
async function packagesLoadedBy(file: string): Promise<Set<string>> {
  const script = `
    import { registerHooks } from "node:module";
    registerHooks({ load(url, context, next) { console.log(url); return next(url, context); } });
    await import(${JSON.stringify(new URL(file, import.meta.url).href)});
  `;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script], { env: {} });
  return new Set([...stdout.matchAll(/.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//g)].map(([, name]) => name ?? ""));
}

it("a server starts without what only some pushes and some installations need", async () => {
  const loaded = await packagesLoadedBy("./server.ts");
  expect(loaded).toContain("better-sqlite3");
  const onDemand = [
    "@grpc/grpc-js",
    "@kubernetes/client-node",
    "@xmldom/xmldom",
    "dockerode",
    "js-yaml",
    "protobufjs",
    "tar-stream",
    "yaml",
  ];
  expect(onDemand.filter((name) => loaded.has(name))).toEqual([]);
}, 30_000);
