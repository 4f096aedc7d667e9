import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeBuildSecrets } from "./build-secrets.ts";

async function givenFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "berth-secrets-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, "shop"));
  await writeFile(join(folder, "NPM_TOKEN"), "for all\n");
  await writeFile(join(folder, "shop", "NPM_TOKEN"), "for the shop\n");
  return folder;
}

test("an app's own secret stands before the one for all apps", async () => {
  const read = makeBuildSecrets(await givenFolder());
  expect(await read("shop", ["NPM_TOKEN"])).toEqual({ NPM_TOKEN: "for the shop" });
  expect(await read("blog", ["NPM_TOKEN"])).toEqual({ NPM_TOKEN: "for all" });
});

test("a secret that is not there is named, with where it belongs", async () => {
  const folder = await givenFolder();
  await expect(makeBuildSecrets(folder)("shop", ["OTHER"])).rejects.toMatchObject({
    code: "secret.missing",
    path: "OTHER",
    hint: expect.stringContaining(join(folder, "shop", "OTHER")),
  });
});
