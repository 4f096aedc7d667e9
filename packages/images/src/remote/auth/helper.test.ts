import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "@berth/core";
import type { Clock } from "@berth/core";
import { expect, it } from "vitest";
import { makeHome } from "../../testing/images.ts";
import { failureOf, signal } from "../testing/remote.ts";
import { makeTickingClock } from "../testing/ticking-clock.ts";
import { askHelper } from "./helper.ts";

const helperMs = 20_000;

/** A folder with one helper, `docker-credential-test`, as a script of the shell. */
async function makeHelper(script: string, options: { clock?: Clock; mode?: number } = {}) {
  const folder = await makeHome();
  const program = join(folder, "docker-credential-test");
  await writeFile(program, `#!/bin/sh\n${script}\n`);
  await chmod(program, options.mode ?? 0o755);
  const deps = {
    clock: options.clock ?? systemClock,
    path: `${folder}:/usr/bin:/bin`,
    env: { FOLDER: folder },
    helperMs,
  };
  return { folder, ask: (server = "ghcr.io") => askHelper(deps, "test", server, signal) };
}

it("gets the login of the server that it names on its standard input", async () => {
  const { ask, folder } = await makeHelper(
    `echo "$1 $(cat)" > "$FOLDER/asked"; echo '{"ServerURL":"ghcr.io","Username":"ada","Secret":"s3cret"}'`,
  );
  expect(await ask()).toEqual({ kind: "password", username: "ada", password: "s3cret" });
  expect(await readFile(join(folder, "asked"), "utf8")).toBe("get ghcr.io\n");
});

it("takes what is no password for an identity token", async () => {
  const { ask } = await makeHelper(`echo '{"Username":"<token>","Secret":"abc"}'`);
  expect(await ask()).toEqual({ kind: "identity", token: "abc" });
});

it("has no login where the helper has none", async () => {
  const { ask } = await makeHelper("cat >/dev/null; echo 'credentials not found in native keychain'; exit 1");
  expect(await ask()).toBeNull();
});

it.each([
  ["cat >/dev/null; echo 'gpg: no such key' >&2; exit 2", "exited with 2: gpg: no such key"],
  ["exec </dev/null; kill -9 $$", "exited with SIGKILL"],
  ["echo hello", "printed something else than JSON"],
  [`echo '{"Username":"ada"}'`, "printed no Username and Secret"],
])("says of a helper %j that it %s", async (script, why) => {
  const { ask } = await makeHelper(script);
  const error = await failureOf(ask());
  expect(error).toMatchObject({ code: "settings.invalid", path: "docker-credential-test" });
  expect(String(error)).toContain(why);
});

it("ends a helper that does not answer, with what it has started", async () => {
  const clock = makeTickingClock(helperMs);
  const { ask, folder } = await makeHelper(`sleep 1000 & echo $! > "$FOLDER/pid"; wait`, { clock });
  const failed = failureOf(ask());
  const readPid = async () => Number(await readFile(join(folder, "pid"), "utf8").catch(() => "0"));
  await expect.poll(readPid, { timeout: 20_000 }).toBeGreaterThan(0);
  clock.tick(helperMs);
  expect(String(await failed)).toContain("did not answer within 20 s");
  const pid = await readPid();
  const isAlive = async () => {
    const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") X");
    return !/\) [XZ]/.test(state);
  };
  await expect.poll(isAlive, { timeout: 10_000 }).toBe(false);
});

it("says of a helper that is not there where it looked", async () => {
  const { ask } = await makeHelper("", { mode: 0o644 });
  expect(String(await failureOf(ask()))).toMatch(/may not be run|is not in the PATH/);
  const deps = { clock: systemClock, path: "/nowhere", env: {}, helperMs };
  expect(String(await failureOf(askHelper(deps, "test", "ghcr.io", signal)))).toContain("is not in the PATH");
  expect(await failureOf(askHelper(deps, "../test", "ghcr.io", signal))).toMatchObject({ code: "settings.invalid" });
});
