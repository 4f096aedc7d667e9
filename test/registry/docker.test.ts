import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeClient } from "../../packages/api/src/client.ts";
import { type Berth, startBerth } from "../support/berth.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { describeWith } from "../support/requires.ts";
import { type DockerCli, makeDockerCli, missingDocker } from "./docker-cli.ts";

const hello = join(import.meta.dirname, "../../examples/hello");
const missing = await missingDocker();

/** A tar archive with one file of this content. */
function makeArchive(content: string): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "berth-archive-"));
  try {
    writeFileSync(join(folder, "file"), content);
    return execFileSync("tar", ["--create", "--directory", folder, "file"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describeWith("docker", missing === null, missing ?? "", () => {
  let berth: Berth;
  let repository: Repository;
  let cli: DockerCli;
  let host: string;

  const tokenOf = async (role: "viewer" | "deployer") => {
    const { api } = makeClient({ url: berth.url, token: berth.token() });
    const made = await api.tokens.$post({ json: { person: role, role, note: "test" } });
    return (await made.json()).secret;
  };

  beforeAll(async () => {
    berth = await startBerth();
    host = `localhost:${berth.port}`;
    cli = makeDockerCli();
    repository = await makeRepository(berth, "hello", hello);
    await repository.deploy();
  });
  afterAll(async () => {
    await cli.remove(host);
    repository.remove();
    await berth.stop();
  });

  it("is let in by a token alone", async () => {
    expect(await cli.failure("pull", `${host}/hello:v1`)).toContain("needs a Berth token");
    await expect(cli.login(host, "berth_nobodys")).rejects.toThrow(/unauthorized/i);
    expect(await cli.login(host, berth.token())).toContain("Login Succeeded");
  });

  it("pulls what a push has made, by digest and by the release", async () => {
    const route = berth.api().apps[":app"].environments[":environment"].releases[":version"];
    const release = await route.$get({ param: { app: "hello", environment: "production", version: "1" } });
    const digest = (await release.json()).snapshot.services[0]!.image;
    await cli.docker("pull", `${host}/hello@${digest}`);
    await cli.docker("pull", `${host}/hello:v1`);
    const inspect = (name: string) => cli.docker("image", "inspect", "--format", "{{.Id}} {{.Config.Cmd}}", name);
    expect(await inspect(`${host}/hello:v1`)).toBe(await inspect(`${host}/hello@${digest}`));
    expect(await inspect(`${host}/hello:v1`)).toContain("server.js");
    expect(await cli.failure("pull", `${host}/hello:v2`)).toContain("manifest unknown");
  });

  it("pushes an image and pulls it back", async () => {
    const name = `${host}/hello/tools:1`;
    await cli.importImage(name, makeArchive("one"));
    const id = await cli.docker("image", "inspect", "--format", "{{.Id}}", name);
    expect(await cli.docker("push", name)).toContain("digest: sha256:");
    await cli.docker("image", "rm", name);
    expect(await cli.docker("pull", name)).toContain("Downloaded newer image");
    expect(await cli.docker("image", "inspect", "--format", "{{.Id}}", name)).toBe(id);
    expect(await cli.docker("push", name)).toContain("Layer already exists");
  });

  it("mounts layers that another repository has", async () => {
    await cli.docker("tag", `${host}/hello/tools:1`, `${host}/hello/more:1`);
    expect(await cli.docker("push", `${host}/hello/more:1`)).toContain("Mounted from hello/tools");
  });

  it("may not push to what stands for a release, nor to an app that is not there", async () => {
    const tag = (to: string) => cli.docker("tag", `${host}/hello/tools:1`, `${host}/${to}`);
    await tag("hello:v9");
    expect(await cli.failure("push", `${host}/hello:v9`)).toContain("stand for releases");
    await tag("nobody/tools:1");
    expect(await cli.failure("push", `${host}/nobody/tools:1`)).toContain("There is no app");
  });

  it("pulls with a viewer's token, and does not push", async () => {
    await cli.login(host, await tokenOf("viewer"));
    await cli.docker("pull", `${host}/hello/tools:1`);
    await cli.importImage(`${host}/hello/tools:2`, makeArchive("two"));
    expect(await cli.failure("push", `${host}/hello/tools:2`)).toContain("viewer (viewer) may not push here");
    await cli.login(host, await tokenOf("deployer"));
    await cli.docker("push", `${host}/hello/tools:2`);
  });

  it("pulls what was pushed also after a kill of the server, and after it has removed what nobody needs", async () => {
    await berth.kill();
    await berth.restart();
    await berth.api().images.prune.$post();
    await cli.docker("image", "rm", `${host}/hello/tools:1`, `${host}/hello/more:1`);
    expect(await cli.docker("pull", `${host}/hello/tools:1`)).toContain("Status:");
  });
});
