import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { supportFiles } from "@berth/stacks";
import { expect, it, onTestFinished } from "vitest";
import { makeHome, openHost } from "../testing/host.ts";
import { makePlan, makeRequest, makeSink, never } from "../testing/plan.ts";
import type { TestHost } from "../testing/host.ts";

const plan = makePlan({
  contents: { dependencies: [], app: ["public"], support: ["static-server"] },
  command: { argv: ["node", "../berth/static-server/server.mjs", "public"] },
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Builds a site and serves it by Berth's static server from the unpacked image; the base URL. */
async function serve(host: TestHost, page: string): Promise<string> {
  const result = await host.builder.build(makeRequest({ "public/index.html": page }, plan), makeSink(), never);
  if (!result.ok) throw new Error(result.failure.message);
  const { workdir } = await host.images.unpack(result.artifact.digest);
  const port = String(await freePort());
  const [, script = "", ...args] = "argv" in plan.command ? plan.command.argv : [];
  const server = spawn(process.execPath, [join(workdir, script), ...args], {
    cwd: workdir,
    env: { PORT: port },
    stdio: "ignore",
  });
  onTestFinished(async () => {
    const exited = once(server, "exit");
    server.kill("SIGKILL");
    await exited;
  });
  const url = `http://127.0.0.1:${port}/`;
  await expect
    .poll(
      () =>
        fetch(url).then(
          (answer) => answer.status,
          () => 0,
        ),
      { timeout: 10_000 },
    )
    .toBe(200);
  return url;
}

it("answers a changed file of equal size with its content, not with 304", async () => {
  const home = await makeHome();
  const host = await openHost({ home, deps: { supportFiles: (name) => supportFiles(name, home) } });
  const before = await fetch(await serve(host, "<h1>one</h1>"));
  const etag = before.headers.get("etag") ?? "";
  expect(await before.text()).toBe("<h1>one</h1>");
  expect(etag).not.toBe("");
  const headers = { "if-none-match": etag };
  const same = await fetch(await serve(host, "<h1>one</h1>"), { headers });
  expect(same.status).toBe(304);
  const after = await fetch(await serve(host, "<h1>two</h1>"), { headers });
  expect(after.status).toBe(200);
  expect(await after.text()).toBe("<h1>two</h1>");
});
