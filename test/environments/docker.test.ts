import { afterAll, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { containersOf, docker } from "../support/containers.ts";
import { hasDocker, mirrors } from "../support/parts.ts";
import type { Repository } from "../support/repository.ts";
import { describeWith } from "../support/requires.ts";
import { until } from "../support/until.ts";
import { apart, askAcross, givenBoth } from "./apart.ts";
import { expectGone } from "./scenario.ts";

const { isThere, reason } = await hasDocker();
const app = "previews-docker";

describeWith("docker", isThere, reason, () => {
  let berth: Berth;
  let repository: Repository;
  beforeAll(async () => {
    berth = await startBerth({ BERTH_RUNTIME: "docker", BERTH_MIRRORS: mirrors });
    repository = await givenBoth(berth, app);
  }, 180_000);
  afterAll(async () => {
    repository.remove();
    await berth.stop();
  }, 60_000);

  const ofEnvironment = async (environment: string) =>
    (await containersOf(app)).filter(({ Config }) => Config.Labels["dev.berth.environment"] === environment);

  it("keeps a preview and production from each other", async () => {
    const asked = await askAcross(berth, app, async (environment) => {
      const [container] = await ofEnvironment(environment);
      const port = container!.Config.Env.find((text) => text.startsWith("PORT="))!.slice("PORT=".length);
      const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
      return `${await docker("inspect", "--format", format, container!.Id)}:${port}`;
    });
    expect(asked).toEqual(apart(app));
  }, 60_000);

  it("leaves neither containers nor a network of a preview whose branch is deleted", async () => {
    const [container] = await ofEnvironment("feature");
    const network = await docker("inspect", "--format", "{{.HostConfig.NetworkMode}}", container!.Id);
    const networks = async () => (await docker("network", "ls", "--format", "{{.ID}} {{.Name}}")).split(/\s/);
    expect(await networks()).toContain(network);
    expect(await repository.deploy("berth", "--delete", "feature")).toContain("removed feature");
    await expectGone(berth, app, "feature");
    expect(await ofEnvironment("feature")).toEqual([]);
    await until("its network is gone", async () => !(await networks()).includes(network), 60_000);
    expect((await berth.get(`${app}.localhost`, "/name")).body).toBe(`${app} production`);
  }, 120_000);
});
