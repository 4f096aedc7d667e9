import { afterAll, beforeAll, expect, it } from "vitest";
import { type ClusterBerth, hasCluster } from "../support/cluster.ts";
import { built, openRepository, startBuildsOnCluster, untilNoBuildIsLeft } from "../support/cluster-builds.ts";
import { answering, manifest, smallService } from "../support/programs.ts";
import { describeWith } from "../support/requires.ts";

const { isThere, reason } = await hasCluster();

describeWith("a cluster", isThere, reason, () => {
  let on: ClusterBerth;
  beforeAll(async () => {
    on = await startBuildsOnCluster();
  }, 120_000);
  afterAll(() => on.stop(), 60_000);

  it("builds a push in a pod that is confined, and runs what it made", async () => {
    const repository = await openRepository(
      on,
      "built",
      built("built", "echo working on it; id -u > made.txt; sleep 2"),
    );
    const pushing = repository.startPush("berth", "main");
    await pushing.sees("working on it");
    const { jobs, pods } = await on.builds();
    expect(jobs).toHaveLength(1);
    expect(pods[0]?.spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
    });
    for (const { securityContext } of pods[0]?.spec.containers ?? []) {
      expect(securityContext).toMatchObject({ readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } });
    }
    expect((await pushing.done).ok).toBe(true);
    expect((await on.berth.get("built.localhost")).body).toBe("1000\n");
    await untilNoBuildIsLeft(on);
    expect((await on.builds()).claims.map(({ metadata }) => metadata.name)).toEqual(["cache-built"]);
  }, 180_000);

  it("makes the image without a pod where nothing has to run", async () => {
    const files = { "package.json": manifest("plain"), "server.js": answering("plain"), "berth.yaml": smallService };
    const repository = await openRepository(on, "plain", files);
    const output = await repository.deploy();
    expect(output).not.toContain("A pod with");
    expect((await on.berth.get("plain.localhost")).body).toBe("plain");
  }, 120_000);

  it("tells which step of a build failed, and what it printed last", async () => {
    const repository = await openRepository(on, "breaks", built("breaks", "echo there is a leak >&2; exit 42"));
    const { ok, output } = await repository.push();
    expect(ok).toBe(false);
    expect(output).toMatch(/npm run build exited with 42/);
    expect(output).toContain("there is a leak");
    await untilNoBuildIsLeft(on);
  }, 120_000);

  it("says what no pod can do, and what to do instead", async () => {
    const repository = await openRepository(on, "hull", { Dockerfile: "FROM node:24-slim\nUSER 1000\n" });
    const { ok, output } = await repository.push();
    expect(ok).toBe(false);
    expect(output).toContain("Dockerfile cannot be built in a pod");
    expect(output).toContain("BERTH_BUILDER=docker");
    const packages = await openRepository(
      on,
      "installs",
      built("installs", "apt-get install -y --no-install-recommends cowsay"),
    );
    const refused = await packages.push();
    expect(refused.ok).toBe(false);
    expect(refused.output).toMatch(/hint .*This step may install no packages.*BERTH_BUILDER=docker/);
  }, 120_000);

  it("ends the Job of a build at once with the server that is stopped", async () => {
    const repository = await openRepository(on, "stops", built("stops", "echo begun; sleep 600"));
    const pushing = repository.startPush("berth", "main");
    await pushing.sees("begun");
    expect((await on.builds()).jobs).toHaveLength(1);
    await on.berth.kill("SIGTERM");
    expect((await pushing.done).output).toContain("Berth stopped before this was finished");
    expect((await on.builds()).jobs).toEqual([]);
    await untilNoBuildIsLeft(on);
    await on.berth.restart();
  }, 120_000);

  it("leaves nothing of a build whose server was killed, once it is back", async () => {
    const repository = await openRepository(on, "survives", built("survives", "echo begun; sleep 600"));
    const pushing = repository.startPush("berth", "main");
    await pushing.sees("begun");
    await on.berth.kill();
    await pushing.done;
    expect((await on.builds()).jobs).toHaveLength(1);
    await on.berth.restart();
    await untilNoBuildIsLeft(on);
    repository.write(built("survives", "echo lives > made.txt"));
    await repository.commit("Go on");
    await repository.deploy();
    expect((await on.berth.get("survives.localhost")).body).toBe("lives\n");
  }, 240_000);
});
