import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { inspectPacked } from "./packed.ts";
import { makeSecrets } from "./secrets/secrets.ts";

let top: string;
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), "berth-packed-"));
  await mkdir(join(top, "app"));
  await mkdir(join(top, "machine"));
  await writeFile(join(top, "machine/note"), "hunter2");
  await copyFile(process.execPath, join(top, "machine/addon.node"));
});
afterEach(() => rm(top, { recursive: true }));

const inspect = (secret: string) =>
  inspectPacked(join(top, "app"), ["dist", "missing"], makeSecrets({ TOKEN: secret }), new AbortController().signal);

it("a link in the place of what is packed leads nowhere", async () => {
  await symlink(join(top, "machine"), join(top, "app/dist"));
  expect(await inspect("hunter2")).toEqual({ ok: true, native: { glibc: null, musl: false, node: false } });
  const found = await inspect(top);
  expect(found).toMatchObject({ failure: { message: "dist contains the value of the build secret TOKEN" } });
});

it("a secret in what is packed ends the build", async () => {
  await mkdir(join(top, "app/dist"));
  await writeFile(join(top, "app/dist/config"), "token=hunter2");
  const found = await inspect("hunter2");
  expect(found).toMatchObject({ failure: { message: "dist/config contains the value of the build secret TOKEN" } });
});
