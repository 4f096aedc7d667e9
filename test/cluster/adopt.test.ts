import { expect, it, onTestFinished } from "vitest";
import { refOf } from "../../packages/cluster/src/index.ts";
import { makePerson } from "../cli/cli.ts";
import { describeOnCluster } from "../support/describe-on-cluster.ts";
import { manifest } from "../support/programs.ts";
import { makeRepository } from "../support/repository.ts";
import { startTraffic } from "../support/traffic.ts";
import { until } from "../support/until.ts";

/** Tells its variables, save what a cluster gives to each. */
const telling = `
  import { createServer } from "node:http";
  const { DEBUG = "none", LEVEL = "none" } = process.env;
  createServer((request, response) => response.end(DEBUG + " " + LEVEL)).listen(process.env.PORT);
`;
const yaml = (env: string) => `services: { web: { resources: { cpu: 20m, memory: 128Mi }, env: { ${env} } } }\n`;
const debugVariable = { name: "DEBUG", value: "by hand" };
const container = "/spec/template/spec/containers/0";

await describeOnCluster((on) => {
  it("keeps what was changed by hand, says how berth.yaml says it, and lets it go when berth.yaml does", async () => {
    const app = "adopts";
    const files = { "package.json": manifest(app), "server.js": telling, "berth.yaml": yaml("LEVEL: info") };
    const repository = await makeRepository(on().berth, app, files);
    const person = makePerson(on().berth);
    onTestFinished(() => {
      repository.remove();
      person.remove();
    });
    await repository.deploy();
    const run = async (...args: string[]) => person.berth([...args, "--app", app, "--server", on().berth.url]);
    const body = async () => (await on().berth.get(`${app}.localhost`)).body;
    expect(await body()).toBe("none info");

    const traffic = startTraffic(on().berth, `${app}.localhost`);
    // The label is the last that a deploy writes: what is changed in that moment is put back by it, and told in part.
    const deployment = await until("it is shown of which release it is", async () =>
      (await on().deployments(app)).find(({ metadata }) => metadata.labels?.["dev.berth/release"] === "1"),
    );
    const byHand = [
      { op: "add", path: `${container}/env/-`, value: debugVariable },
      { op: "replace", path: `${container}/resources/requests/memory`, value: "160Mi" },
      { op: "replace", path: `${container}/resources/limits/memory`, value: "160Mi" },
      { op: "add", path: "/metadata/labels/team", value: "me" },
    ];
    await on().cluster.patch(refOf(deployment!), byHand, { manager: "kubectl-edit" });
    await until("it was told", async () => (await run("drift")).out.includes("DEBUG"));
    const adopted = await run("drift", "--adopt");
    expect(adopted).toMatchObject({ code: 0 });
    expect(adopted.out).toContain(
      ["services:", "  web:", "    resources: { memory: 160Mi }", "    env:", '      DEBUG: "by hand"'].join("\n"),
    );
    expect(adopted.err).toMatch(/not kept: Deployment web-\w+ metadata\.labels\.team: labels .*Berth's own/);
    expect(await body()).toBe("by hand info");
    expect(await traffic.stop()).toEqual([]);
    const shown = (await run("releases", "show", "v2")).out;
    expect(shown).toMatch(/adopted +env DEBUG, memory 160Mi/);
    expect(shown).toMatch(/berth\.yaml +no env DEBUG, memory 128Mi/);

    repository.write({ "berth.yaml": yaml("LEVEL: debug") });
    await repository.commit("Say more");
    expect(await repository.deploy()).toContain("env DEBUG, changed by hand and adopted");
    expect(await body()).toBe("by hand debug");
    repository.write({ "berth.yaml": yaml("LEVEL: debug, DEBUG: by hand") });
    await repository.commit("Say what was adopted");
    expect(await repository.deploy()).toContain("env DEBUG was adopted, and is in berth.yaml now");
    expect((await run("drift", "--reset")).out).toContain("without what was adopted");
    const [live] = await on().berth.releases(app);
    expect(live).toMatchObject({ version: 5, state: "live" });
    expect(await body()).toBe("by hand debug");
  }, 180_000);
});
