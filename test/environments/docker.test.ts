import { afterAll, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { containersOf, docker } from "../support/containers.ts";
import { hasDocker, mirrors } from "../support/parts.ts";
import { describeWith } from "../support/requires.ts";
import { until } from "../support/until.ts";
import { type Apart, apart, askAcross, givenThree } from "./apart.ts";
import { expectGone } from "./scenario.ts";

const { isThere, reason } = await hasDocker();
const app = "previews-docker";

describeWith("docker", isThere, reason, () => {
  let berth: Berth;
  let given: Apart;
  beforeAll(async () => {
    berth = await startBerth({ BERTH_RUNTIME: "docker", BERTH_MIRRORS: mirrors });
    given = await givenThree(berth, app);
  }, 180_000);
  afterAll(async () => {
    given.remove();
    await berth.stop();
  }, 60_000);

  const ofEnvironment = async (environment: string) =>
    (await containersOf(app)).filter(({ Config }) => Config.Labels["dev.berth.environment"] === environment);

  it("keeps a preview, production and what somebody works on from each other", async () => {
    const asked = await askAcross(berth, app, given, async (environment) => {
      const [container] = await ofEnvironment(environment);
      const port = container!.Config.Env.find((text) => text.startsWith("PORT="))!.slice("PORT=".length);
      const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
      return `${await docker("inspect", "--format", format, container!.Id)}:${port}`;
    });
    expect(asked).toEqual(apart(app, given));
  }, 120_000);

  it.each([
    [
      "a preview whose branch is deleted",
      () => "feature",
      () => given.repository.deploy("berth", "--delete", "feature"),
    ],
    ["what somebody has worked on", () => given.own, () => given.down()],
  ])(
    "leaves neither containers nor a network of %s",
    async (_, nameOf, remove) => {
      const environment = nameOf();
      const [container] = await ofEnvironment(environment);
      const network = await docker("inspect", "--format", "{{.HostConfig.NetworkMode}}", container!.Id);
      const networks = async () => (await docker("network", "ls", "--format", "{{.ID}} {{.Name}}")).split(/\s/);
      expect(await networks()).toContain(network);
      expect((await remove()).toLowerCase()).toContain(`removed ${environment}`);
      await expectGone(berth, app, environment);
      expect(await ofEnvironment(environment)).toEqual([]);
      await until("its network is gone", async () => !(await networks()).includes(network), 60_000);
      expect((await berth.get(`${app}.localhost`, "/name")).body).toBe(`${app} production`);
    },
    120_000,
  );
});
