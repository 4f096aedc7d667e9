import { execFile } from "node:child_process";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makePerson, type Person } from "../cli/cli.ts";
import { type Berth, startBerth } from "../support/berth.ts";
import { until } from "../support/until.ts";
import { tellingApp } from "./telling-app.ts";

/** What must be found nowhere. */
const secret = "sk_correct_horse_battery";

let berth: Berth;
let ada: Person;
beforeAll(async () => {
  berth = await startBerth({ BERTH_LOG: "debug" });
  ada = makePerson(berth);
  await ada.git("init", "--quiet", "--initial-branch=main");
  await ada.berth(["link", "shop"]);
});
afterAll(async () => {
  ada.remove();
  await berth.stop();
});

async function push(files: Record<string, string>, branch = "main") {
  ada.write(files);
  await ada.git("add", "--all");
  await ada.git("commit", "--quiet", "--allow-empty", "-m", "Change it");
  return await ada.git("push", "--force", "berth", `HEAD:${branch}`);
}

const ask = async (key: string, host = "shop.localhost") => (await berth.get(host, `/?key=${key}`)).body;

/** Names of files below a folder that have a text in them. */
function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => {
    const path = join(folder, name);
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true && readFileSync(path).includes(text);
  });
}

const yaml = `env:
  SESSION_KEY: { generate: 32 }
  STRIPE_KEY:
    required: true
    pattern: ^sk_
    description: from the dashboard
  DATABASE_URL: postgres://\${DB_USER}:\${DB_PASSWORD}@db
  DB_USER: shop
  DB_PASSWORD: { required: true }
previews: { env: { STRIPE_KEY: sk_preview, DB_PASSWORD: none } }
`;

test("what is missing stops a push before the build, and what to run is told", async () => {
  const { code, err } = await push(tellingApp("shop", yaml));
  expect(code).not.toBe(0);
  expect(err).toContain("STRIPE_KEY (from the dashboard) is not set for production.");
  expect(err).toContain("Run: berth config set STRIPE_KEY=… DB_PASSWORD=… --env production.");
  expect(err).toContain("env.DB_PASSWORD, line 9, column 3");
  expect(err).not.toContain("build ");
});

test("what is set beforehand is there with the first release", async () => {
  const set = await ada.berth(["config", "set", "STRIPE_KEY", "--stdin"], { input: `${secret}\n` });
  expect(set).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^✓ STRIPE_KEY is set for production\nPreviews do not/),
  });
  ada.write({ ".env": "# of the database\nexport DB_PASSWORD=\"two\nlines\"\nEXTRA='${AS_IS}'\n" });
  expect(await ada.berth(["config", "import", ".env"])).toMatchObject({ code: 0 });
  rmSync(join(ada.folder, ".env"));
  expect(await push(tellingApp("shop", yaml))).toMatchObject({ code: 0 });
  expect(await ask("STRIPE_KEY")).toBe(secret);
  expect(await ask("DATABASE_URL")).toBe("postgres://shop:two\nlines@db");
  expect(await ask("EXTRA")).toBe("${AS_IS}");
  expect(await ask("SESSION_KEY")).toMatch(/^[\w-]{43}$/);
});

test("a preview has values of its own, and none of production's", async () => {
  expect(await push({}, "feature")).toMatchObject({ code: 0 });
  const host = "shop--feature.localhost";
  expect(await ask("STRIPE_KEY", host)).toBe("sk_preview");
  expect(await ask("EXTRA", host)).toBe("nothing");
  expect(await ask("SESSION_KEY", host)).not.toBe(await ask("SESSION_KEY"));
  const set = await ada.berth(["config", "set", "EXTRA=shared", "--scope", "previews"]);
  expect(set.out).toMatch(/^✓ EXTRA is set for all previews\n {2}feature {2}web restarted, live as v2$/m);
  expect(await ask("EXTRA", host)).toBe("shared");
  expect(await ask("EXTRA")).toBe("${AS_IS}");
});

test("a change is a release, a rollback undoes it, and the next push does not bring it back", async () => {
  const set = await ada.json<{ environments: object[] }>(["config", "set", "LEVEL=debug"]);
  expect(set.environments).toMatchObject([{ environment: "production", restarts: ["web"], operation: { version: 2 } }]);
  expect(await ask("LEVEL")).toBe("debug");
  expect((await ada.berth(["config", "set", "LEVEL=broken"])).err).toContain(
    "v3 is v2 with other config: web restarts",
  );
  expect(await ask("LEVEL")).toBe("broken");
  expect(await ada.berth(["rollback"])).toMatchObject({ code: 0 });
  expect(await ask("LEVEL")).toBe("debug");
  expect((await ada.berth(["config"])).out).toContain("LEVEL of web in production stays as it was");
  const pushed = await push({ "more.txt": "x" });
  expect(pushed.err).toContain("LEVEL stays as it was");
  expect(await ask("LEVEL")).toBe("debug");
  expect((await ada.berth(["config", "diff"])).out).toBe("What is stored is what is live.\n");
  expect((await ada.berth(["config", "set", "LEVEL=info"])).code).toBe(0);
  expect(await ask("LEVEL")).toBe("info");
  expect((await ada.berth(["config"])).out).not.toContain("stays");
  expect((await ada.berth(["releases"])).out).toMatch(/^\* v6 .*config LEVEL: Change it$/m);
  expect((await ada.berth(["releases", "show", "v6"])).out).toMatch(
    /config +DB_PASSWORD EXTRA LEVEL SESSION_KEY STRIPE_KEY$/m,
  );
});

test("what nobody could run with is refused, and says nothing of the value", async () => {
  const refused = await ada.berth(["config", "set", `STRIPE_KEY=pk_${secret}`]);
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("does not match ^sk_") });
  expect(refused.out + refused.err).not.toContain(secret);
  expect(await ada.berth(["config", "unset", "DB_PASSWORD"])).toMatchObject({ code: 1 });
  expect(await ada.berth(["config", "unset", "NOTHING"])).toMatchObject({ code: 4 });
  expect((await ada.berth(["config", "set", "A=1", "--env", "staging", "--scope", "all"])).code).toBe(2);
  expect(await ask("STRIPE_KEY")).toBe(secret);
});

test("environments are compared without values", async () => {
  const { out } = await ada.berth(["config", "diff", "feature"]);
  expect(out).toMatch(/^web +LEVEL +only production$/m);
  expect(out).toMatch(/^web +STRIPE_KEY +different$/m);
  expect(out).not.toContain("sk_");
});

test("another key seals, also where the server is killed meanwhile, and nothing restarts", async () => {
  const before = (await berth.status("shop")).services[0]!.instances.map(({ id }) => id);
  const seals = async () => await ada.json<{ keyId: string; before: string[] }>(["config", "rotate-key", "--status"]);
  const first = (await seals()).keyId;
  await ada.berth(["config", "rotate-key"]);
  await berth.kill("SIGKILL");
  await berth.restart();
  await until("all is sealed anew", async () => (await seals()).before.length === 0);
  expect((await seals()).keyId).not.toBe(first);
  expect(readFileSync(join(berth.home, "config-keys"), "utf8").trim().split("\n")).toHaveLength(2);
  expect((await berth.status("shop")).services[0]!.instances.map(({ id }) => id)).toEqual(before);
  const revealed = await ada.berth(["config", "list", "--env", "production", "--reveal"]);
  expect(revealed.out).toContain(`STRIPE_KEY=${secret}`);
  expect(await ask("STRIPE_KEY")).toBe(secret);
});

test("a value is nowhere but where it is to be", async () => {
  const { stdout: processes } = await promisify(execFile)("ps", ["axww", "-o", "args"]);
  expect(processes).not.toContain(secret);
  expect(berth.output()).not.toContain(secret);
  expect(filesWith(berth.home, secret)).toEqual([]);
  const headers = { authorization: `Bearer ${berth.token()}` };
  const paths = [
    "/apps/shop/config",
    "/apps/shop/environments/production",
    "/apps/shop/environments/production/releases",
    "/apps/shop/environments/production/releases/1",
    "/apps/shop/environments/production/manifests",
    "/apps/shop/environments/production/config/diff",
    "/operations?app=shop",
    "/audit?app=shop",
  ];
  for (const path of paths) {
    const answer = await fetch(`${berth.url}/api/v1${path}`, { headers });
    expect({ path, status: answer.status }).toEqual({ path, status: 200 });
    expect(await answer.text()).not.toContain(secret);
  }
  const { out } = await ada.berth(["audit", "-n", "100"]);
  expect(out).toMatch(/config\.set +shop +STRIPE_KEY for production/);
  expect(out).toMatch(/config\.reveal +shop +.*STRIPE_KEY of production/);
  expect(out).not.toContain(secret);
});

test("a start without the key says which one is missing", async () => {
  await berth.kill("SIGTERM");
  const path = join(berth.home, "config-keys");
  const kept = readFileSync(path);
  rmSync(path);
  const failed = await berth.restart().then(
    () => "it has started",
    (error: unknown) => String(error),
  );
  expect(failed).toMatch(/sealed with the key [0-9a-f]{8}, which is not there/);
  expect(failed).toContain("BERTH_HOME/config-keys");
  writeFileSync(path, kept, { mode: 0o600 });
  await berth.restart();
  expect(await until("it is served", async () => (await ask("STRIPE_KEY")) === secret)).toBe(true);
});
