import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { hasDocker, mirrors } from "../support/parts.ts";
import { makeRepository } from "../support/repository.ts";
import { describeWith } from "../support/requires.ts";

const { isThere, reason } = await hasDocker();
const hello = join(import.meta.dirname, "../../examples/hello");

describeWith("docker", isThere, reason, () => {
  const logins = mkdtempSync(join(tmpdir(), "berth-logins-"));
  let berth: Berth;
  beforeAll(async () => {
    berth = await startBerth({ BERTH_RUNTIME: "docker", BERTH_MIRRORS: mirrors, DOCKER_CONFIG: logins });
  }, 60_000);
  afterAll(async () => {
    await berth.stop();
    rmSync(logins, { recursive: true });
  }, 60_000);

  it("gives a Dockerfile the image of another app, with the login of the user that runs Berth", async () => {
    const first = await makeRepository(berth, "stood-on", hello);
    await first.deploy();
    const host = `localhost:${berth.port}`;
    const auth = Buffer.from(`ada:${berth.token()}`).toString("base64");
    writeFileSync(join(logins, "config.json"), JSON.stringify({ auths: { [host]: { auth } } }));
    const second = await makeRepository(berth, "stands-on", {
      Dockerfile: `FROM ${host}/stood-on:v1\nENV GREETING=again\n`,
    });
    await second.deploy();
    expect((await berth.get("stands-on.localhost")).status).toBe(200);
    first.remove();
    second.remove();
  }, 180_000);
});
