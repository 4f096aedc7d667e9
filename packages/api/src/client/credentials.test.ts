import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { gitCredentialConfig, removeCredential, saveCredential } from "./credentials.ts";

const folder = mkdtempSync(join(tmpdir(), "berth it's "));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const origin = "http://localhost:4000";

/** What git hears that asks for a password, without any other settings of this machine. */
function ask(): { stdout: string; stderr: string } {
  const settings = gitCredentialConfig(folder, origin).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const env = {
    PATH: process.env["PATH"],
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_SYSTEM: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
  };
  const input = "protocol=http\nhost=localhost:4000\n\n";
  return spawnSync("git", [...settings, "credential", "fill"], { input, env, encoding: "utf8" });
}

it("answers git with the token, and says how to get one where there is none", () => {
  saveCredential(folder, origin, { token: "berth_secret", person: "ada" });
  expect(ask().stdout).toContain("password=berth_secret\n");
  removeCredential(folder, origin);
  expect(ask().stdout).not.toContain("password");
  expect(ask().stderr).toContain(`You are not logged in to ${origin}: run berth login ${origin}\n`);
  expect(ask().stderr).not.toContain("No such file");
});
