import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { startHarbour } from "../testing/harbour.ts";

test("a push is told the refs that were read ahead, until one of them changes", async () => {
  const harbour = await startHarbour();
  onTestFinished(() => harbour.close());
  const copy = await harbour.workingCopy("shop", { a: "1" });
  await harbour.git(copy, ["push", harbour.url("shop"), "main"]);
  const head = (await harbour.git(copy, ["rev-parse", "HEAD"])).output.trim();

  const url = `http://127.0.0.1:${harbour.port}/shop.git/info/refs?service=git-receive-pack`;
  const authorization = `Basic ${Buffer.from("x:ada-deployer").toString("base64")}`;
  const ask = (headers: Record<string, string> = {}) => fetch(url, { headers: { authorization, ...headers } });
  const asked = await ask();
  const text = await asked.text();
  expect(asked.headers.has("content-length")).toBe(false);
  // Only what was read ahead has a length.
  await vi.waitFor(async () => expect((await ask()).headers.has("content-length")).toBe(true), 20_000);
  const ready = await ask();
  expect(await ready.text()).toBe(text);
  expect(text).toContain(`${head} refs/heads/main`);
  expect(await (await ask({ "git-protocol": "version=1" })).text()).toContain("version 1");

  await writeFile(join(harbour.folder, "home/git/shop.git/refs/heads/other"), `${head}\n`);
  expect(await (await ask()).text()).toContain(`${head} refs/heads/other`);
  await harbour.server.refs.move("shop", "other", null);
  expect(await (await ask()).text()).toBe(text);
});
