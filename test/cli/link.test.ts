import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { helloApp, makePerson, type Person } from "./cli.ts";

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

describe("berth link", () => {
  test("makes the app and the remote, so that git push needs nothing else", async () => {
    await ada.git("init", "--quiet", "--initial-branch=trunk");
    ada.write(helloApp("linked"));
    const { code, out } = await ada.berth(["link", "linked"]);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining("git push berth trunk") });
    await ada.git("add", "--all");
    await ada.git("commit", "--quiet", "-m", "Begin");
    const pushed = await ada.git("push", "berth", "trunk");
    expect(pushed.err).toContain(`http://linked.localhost:${berth.port}`);
    expect((await berth.get("linked.localhost")).body).toBe("linked");
  });

  test("leaves no token in the repository", async () => {
    await ada.git("init", "--quiet");
    await ada.berth(["link", "no-token"]);
    const config = readFileSync(join(ada.folder, ".git/config"), "utf8");
    expect(config).toContain(`${berth.url}/no-token.git`);
    expect(config).not.toContain(berth.token());
  });

  test("takes the name in berth.yaml, and the default branch of the repository's origin", async () => {
    await ada.git("init", "--quiet", "--initial-branch=feature");
    await ada.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/stable");
    ada.write({ "berth.yaml": "name: from-yaml\n" });
    expect(await ada.json(["link"])).toMatchObject({ app: "from-yaml", defaultBranch: "stable", branch: "feature" });
  });

  test("can be repeated, and works from a folder below", async () => {
    await ada.git("init", "--quiet");
    ada.write({ "sub/file": "x" });
    const sub = { cwd: join(ada.folder, "sub") };
    expect(await ada.json(["link", "again"], sub)).toMatchObject({ isNew: true });
    expect(await ada.json(["link"], sub)).toMatchObject({ app: "again", isNew: false });
    const helpers = (await ada.git("config", "--get-all", `credential.${berth.url}.helper`)).out.trimEnd().split("\n");
    expect(helpers).toHaveLength(2);
  });

  test("does not change a remote that points elsewhere unless told so", async () => {
    await ada.git("init", "--quiet");
    await ada.git("remote", "add", "berth", "https://ada:secret@example.com/other.git");
    const refused = await ada.berth(["link", "mine"]);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("points at https://example.com/other.git") });
    expect(refused.err).not.toContain("secret");
    expect(refused.err).toContain("--yes");
    expect((await ada.berth(["link", "mine", "--yes"])).code).toBe(0);
    expect((await ada.git("remote", "get-url", "berth")).out.trim()).toBe(`${berth.url}/mine.git`);
  });

  test("says what to do outside of a repository and with a name that does not fit", async () => {
    expect(await ada.berth(["link"])).toMatchObject({ code: 2, err: expect.stringContaining("git init") });
    await ada.git("init", "--quiet");
    expect(await ada.berth(["link", "No Good"])).toMatchObject({ code: 2, err: expect.stringContaining("my-shop") });
  });
});
