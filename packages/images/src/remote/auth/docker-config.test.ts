import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { makeHome } from "../../testing/images.ts";
import { basicAuth, failureOf } from "../testing/remote.ts";
import { helperOf, readDockerConfig, storedLogin } from "./docker-config.ts";
import type { DockerConfig } from "./docker-config.ts";

const config = (parts: Partial<DockerConfig>): DockerConfig => ({
  file: "config.json",
  auths: {},
  credHelpers: {},
  credsStore: null,
  ...parts,
});
const ada = { auth: basicAuth("ada", "pass:word") };
const login = { kind: "password", username: "ada", password: "pass:word" };

describe("the login that the file keeps", () => {
  test.each([
    ["docker.io", { "https://index.docker.io/v1/": ada }, login],
    ["docker.io", { "docker.io": ada }, login],
    ["ghcr.io", { "ghcr.io": ada }, login],
    ["ghcr.io", { "https://ghcr.io/v2/": ada }, login],
    ["localhost:5000", { "localhost:5000": ada }, login],
    ["localhost:5001", { "localhost:5000": ada, localhost: ada }, null],
    ["ghcr.io", { "ghcr.io": { username: "ada", password: "pass:word" } }, login],
    ["ghcr.io", { "ghcr.io": { ...ada, identitytoken: "abc" } }, { kind: "identity", token: "abc" }],
    ["ghcr.io", { "ghcr.io": { registrytoken: "abc" } }, { kind: "bearer", token: "abc" }],
    ["ghcr.io", { "https://ghcr.io": { auth: basicAuth("old", "x") }, "ghcr.io": ada }, login],
    // An entry without a login says that a helper has it.
    ["ghcr.io", { "ghcr.io": {} }, null],
    ["ghcr.io", { "ghcr.io": { auth: "not base64 of a pair" } }, null],
  ])("for %s in %j is %j", (host, auths, expected) => {
    expect(storedLogin(config({ auths }), host)).toEqual(expected);
  });
});

it("asks the helper of a registry before the one of all", () => {
  const two = config({ credsStore: "desktop", credHelpers: { "ghcr.io": "gh", "https://index.docker.io/v1/": "hub" } });
  expect(helperOf(two, "ghcr.io")).toEqual({ name: "gh", server: "ghcr.io" });
  expect(helperOf(two, "docker.io")).toEqual({ name: "hub", server: "https://index.docker.io/v1/" });
  expect(helperOf(two, "quay.io")).toEqual({ name: "desktop", server: "quay.io" });
  expect(helperOf(config({}), "quay.io")).toBeNull();
});

it("reads what is there, and says which file is wrong", async () => {
  const home = await makeHome();
  expect(await readDockerConfig(home)).toBeNull();
  const file = join(home, "config.json");
  await writeFile(file, JSON.stringify({ auths: { "ghcr.io": ada, odd: 1 }, credsStore: "", HttpHeaders: {} }));
  expect(await readDockerConfig(home)).toEqual(config({ file, auths: { "ghcr.io": ada } }));
  await writeFile(file, "{");
  expect(await failureOf(readDockerConfig(home))).toMatchObject({ code: "settings.invalid", path: file });
  await writeFile(file, "[]");
  expect(await failureOf(readDockerConfig(home))).toMatchObject({ code: "settings.invalid", path: file });
  await mkdir(join(home, "folder"));
  expect(await readDockerConfig(join(file, "below a file"))).toBeNull();
});
