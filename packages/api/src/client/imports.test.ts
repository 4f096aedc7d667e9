import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);

/** Every file that importing this loads, in a process of its own. */
async function filesLoadedBy(specifier: string): Promise<string[]> {
  const script = `
    import { registerHooks } from "node:module";
    registerHooks({ load(url, context, next) { console.log(url); return next(url, context); } });
    await import(${JSON.stringify(specifier)});
  `;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script], { env: {} });
  return stdout.trim().split("\n");
}

describe("importing the client", () => {
  it("loads no server code, no schemas and no store", async () => {
    const files = await filesLoadedBy(new URL("../client.ts", import.meta.url).href);
    const ours = files.filter((url) => url.includes("/packages/"));
    expect(ours.length).toBeGreaterThan(3);
    expect(ours.filter((url) => !/\/packages\/(api\/src\/client|core\/src\/errors\.ts)/.test(url))).toEqual([]);
    const others = files.filter((url) => url.includes("/node_modules/"));
    expect(others.length).toBeGreaterThan(0);
    expect(others.filter((url) => !/\/hono\/dist\/(client|utils)\//.test(url))).toEqual([]);
  });

  it("is noticed where it would load more", async () => {
    const files = await filesLoadedBy(new URL("../index.ts", import.meta.url).href);
    expect(files.some((url) => url.includes("/node_modules/zod/"))).toBe(true);
  });
});
