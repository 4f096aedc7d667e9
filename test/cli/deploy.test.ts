import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Operation, Release } from "../../packages/core/src/index.ts";
import { type Berth, startBerth } from "../support/berth.ts";
import { helloApp, makePerson, type Person } from "./cli.ts";

interface Deployed {
  operation: Operation;
  release: Release;
}

let berth: Berth;
let ada: Person;
beforeAll(async () => {
  berth = await startBerth();
});
afterAll(() => berth.stop());
beforeEach(() => {
  ada = makePerson(berth);
});
afterEach(() => ada.remove());

describe("berth deploy", () => {
  test("deploys a folder without git, shows how it goes, and prints the URL for scripts", async () => {
    ada.write(helloApp("plain folder"));
    const { code, out, err } = await ada.berth(["deploy", "--app", "plain"]);
    expect({ code, out }).toEqual({ code: 0, out: `http://plain.localhost:${berth.port}\n` });
    expect(err).toContain("Created the app plain.");
    expect(err).toContain("node server.js");
    expect(err).not.toContain("remote:");
    expect((await berth.get("plain.localhost")).body).toBe("plain folder");
  });

  test("takes what is not committed, leaves out what is ignored, and leaves the repository alone", async () => {
    await ada.git("init", "--quiet");
    ada.write({ ...helloApp("committed"), ".gitignore": "ignored\n", ignored: "x", excluded: "x", staged: "1" });
    await ada.git("add", "server.js");
    await ada.git("commit", "--quiet", "-m", "Begin");
    ada.write({ ...helloApp("as it is"), ".git/info/exclude": "excluded\n" });
    await ada.git("add", "staged");
    const state = async () => [
      await ada.git("status", "--porcelain"),
      await ada.git("rev-parse", "HEAD"),
      await ada.git("config", "--local", "--list"),
      await ada.git("for-each-ref"),
      await ada.git("count-objects", "-v"),
      await ada.git("ls-files", "--stage"),
    ];
    const before = await state();
    const { operation, release } = await ada.json<Deployed>(["deploy", "--app", "as-it-is"]);
    expect(await state()).toEqual(before);
    expect(operation).toMatchObject({ kind: "deploy", state: "succeeded", version: release.version });
    expect(release.origin.commit).toBe(null);
    expect((await berth.get("as-it-is.localhost")).body).toBe("as it is");
    const kept = deployRepositories();
    const files = await Promise.all(
      kept.map(async (folder) => (await ada.git("-C", folder, "ls-tree", "-r", "--name-only", "refs/berth/sent")).out),
    );
    expect(files).toContain(".gitignore\npackage.json\nserver.js\nstaged\n");
  });

  test("goes to another environment, and follows the folder's own app", async () => {
    await ada.git("init", "--quiet");
    ada.write(helloApp("try it"));
    await ada.berth(["link", "own-app"]);
    const { out } = await ada.berth(["deploy", "--env", "try-it"]);
    expect(out).toBe(`http://own-app--try-it.localhost:${berth.port}\n`);
    expect((await berth.get("own-app--try-it.localhost")).body).toBe("try it");
    expect(await ada.berth(["status"])).toMatchObject({
      code: 0,
      out: expect.stringContaining("own-app is not deployed yet"),
    });
  });

  test("that fails says why, exits with 1 and leaves what is live", async () => {
    ada.write(helloApp("good"));
    await ada.berth(["deploy", "--app", "failing"]);
    ada.write({ "server.js": `console.error("no database"); process.exit(3);` });
    const { code, out, err } = await ada.berth(["deploy", "--app", "failing"]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain("no database");
    expect(err.match(/code 3 right after its start\.$/gm)).toHaveLength(1);
    expect((await berth.get("failing.localhost")).body).toBe("good");
    const { operation, release } = await ada.json<Deployed>(["deploy", "--app", "failing"]);
    expect(operation).toMatchObject({ state: "failed", error: { code: "rollout.failed" } });
    expect(release).toMatchObject({ state: "failed", version: operation.version });
  });

  test("refuses repositories within the folder", async () => {
    ada.write({ ...helloApp("nested"), "lib/x": "x" });
    await ada.git("init", "--quiet", "lib");
    const { code, err } = await ada.berth(["deploy", "--app", "nested"]);
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining("cannot be deployed") });
    expect(err).toContain("  lib\n");
  });

  test("takes the files of Git LFS themselves and line ends as they are", async () => {
    await ada.git("init", "--quiet");
    await ada.git("config", "core.autocrlf", "true");
    ada.write({
      ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
      "index.html": "<p>hi</p>\r\n",
      "big.bin": "the file itself",
    });
    const env = {
      GIT_CONFIG_COUNT: "2",
      GIT_CONFIG_KEY_0: "filter.lfs.clean",
      GIT_CONFIG_VALUE_0: "false",
      GIT_CONFIG_KEY_1: "filter.lfs.required",
      GIT_CONFIG_VALUE_1: "true",
    };
    expect(await ada.berth(["deploy", "--app", "with-lfs"], { env })).toMatchObject({ code: 0 });
    expect((await berth.get("with-lfs.localhost", "/big.bin")).body).toBe("the file itself");
    expect((await berth.get("with-lfs.localhost")).body).toBe("<p>hi</p>\r\n");
  });

  test("needs a name where nobody can be asked, and refuses a home folder and bad names", async () => {
    ada.write(helloApp("x"));
    expect(await ada.berth(["deploy"])).toMatchObject({ code: 2, err: expect.stringContaining("--app") });
    expect(await ada.berth(["deploy", "--app", "x-y"], { env: { HOME: ada.folder } })).toMatchObject({
      code: 2,
      err: expect.stringContaining("as a whole"),
    });
    expect(await ada.berth(["deploy", "--app", "x-y", "--env", "Bad_Name"])).toMatchObject({ code: 2 });
    expect(await ada.berth(["deploy", "--app", "Bad_Name"])).toMatchObject({ code: 2 });
    expect(await ada.berth(["deploy", "nowhere", "--app", "x-y"])).toMatchObject({ code: 2 });
  });
});

function deployRepositories(): string[] {
  const folder = join(berth.home, "client/deploy");
  return readdirSync(folder).map((name) => join(folder, name));
}
