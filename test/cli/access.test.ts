import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { App, Token } from "../../packages/core/src/index.ts";
import { type Berth, startBerth } from "../support/berth.ts";
import { helloApp, makePerson, type Person } from "./cli.ts";

let berth: Berth;
let home: string;
let owner: Person;
let eve: Person;
beforeAll(async () => {
  berth = await startBerth();
  home = mkdtempSync(join(tmpdir(), "berth-home-"));
  owner = makePerson(berth);
  eve = makePerson(berth, home);
});
afterAll(async () => {
  owner.remove();
  eve.remove();
  rmSync(home, { recursive: true, force: true });
  await berth.stop();
});

describe("logging in", () => {
  test("is needed, and the error says how", async () => {
    const refused = await eve.berth(["apps", "list", "--server", berth.url]);
    expect(refused).toMatchObject({ code: 3, err: expect.stringContaining(`berth login ${berth.url}`) });
  });

  test("keeps a token that the server knows, for its owner's eyes only", async () => {
    const { out: secret } = await owner.berth(["tokens", "create", "eve", "--role", "viewer", "--note", "a test"]);
    const wrong = await eve.berth(["login", berth.url, "--token-stdin"], { input: "berth_wrong\n" });
    expect(wrong).toMatchObject({ code: 3, err: expect.stringContaining("does not know this token") });
    const { code, out } = await eve.berth(["login", berth.url, "--token-stdin"], { input: secret });
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining("as eve, viewer") });
    expect(statSync(join(home, "client/credentials.json")).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, "client")).mode & 0o777).toBe(0o700);
    expect(await eve.json(["whoami"])).toMatchObject({ server: berth.url, person: "eve", role: "viewer" });
  });

  test("asks nothing where nobody is there to answer", async () => {
    expect(await eve.berth(["login"])).toMatchObject({ code: 2, err: expect.stringContaining("--token-stdin") });
  });

  test("does not give more rights than the token has", async () => {
    const refused = await eve.berth(["apps", "create", "eves-app", "--json"]);
    expect(refused).toMatchObject({ code: 3, out: "" });
    expect(JSON.parse(refused.err)).toMatchObject({ error: { code: "auth.forbidden" } });
  });

  test("ends with logout, or with the token", async () => {
    const tokens = await owner.json<Token[]>(["tokens", "list"]);
    const { id } = tokens.find(({ person }) => person === "eve")!;
    expect((await owner.berth(["tokens", "delete", id])).code).toBe(0);
    expect((await eve.berth(["whoami"])).code).toBe(3);
    expect((await eve.berth(["logout"])).out).toBe(`Logged out of ${berth.url}\n`);
    expect((await eve.berth(["logout", "--server", berth.url])).out).toContain("not logged in");
  });
});

describe("managing apps", () => {
  test("creates, lists and deletes them, and asks before it deletes", async () => {
    expect((await owner.berth(["apps", "create", "shop", "--branch", "trunk"])).out).toContain("shop.git");
    expect(await owner.berth(["apps", "create", "shop"])).toMatchObject({ code: 1 });
    expect(await owner.json<App[]>(["apps", "list"])).toMatchObject([{ name: "shop", defaultBranch: "trunk" }]);
    owner.write(helloApp("preview"));
    await owner.berth(["deploy", "--app", "shop", "--env", "try-it"]);
    expect((await owner.berth(["env", "list", "--app", "shop"])).out).toMatch(/^try-it +v1 /m);
    expect(await owner.berth(["env", "delete", "try-it", "-a", "shop"])).toMatchObject({ code: 2 });
    expect(await owner.berth(["env", "delete", "try-it", "-a", "shop", "--yes"])).toMatchObject({ code: 0 });
    expect(await owner.json(["env", "list", "--app", "shop"])).toEqual([]);
    expect(await owner.berth(["destroy", "--app", "shop"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("--yes"),
    });
    expect(await owner.berth(["destroy", "--app", "shop", "--yes"])).toMatchObject({
      code: 0,
      out: "✓ deleted shop\n",
    });
    expect(await owner.json(["apps", "list"])).toEqual([]);
  });
});

describe("a script", () => {
  test("can trust the exit codes", async () => {
    expect(await owner.berth(["status", "--app", "nope"])).toMatchObject({ code: 4 });
    expect(await owner.berth(["status"])).toMatchObject({ code: 2, err: expect.stringContaining("berth link") });
    expect(await owner.berth(["statsu"])).toMatchObject({ code: 2, err: expect.stringContaining("berth status") });
    const away = { env: { BERTH_HOME: home } };
    await owner.berth(["login", berth.url, "--token-stdin"], { ...away, input: berth.token() });
    await berth.kill();
    expect(await owner.berth(["apps", "list"], away)).toMatchObject({ code: 5, out: "" });
    expect((await owner.berth(["deploy", "--app", "x-y", "--json"], away)).code).toBe(5);
    await berth.restart();
    expect((await owner.berth(["apps", "list"], away)).code).toBe(0);
  });
});
