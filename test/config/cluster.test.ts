import { expect, it, onTestFinished } from "vitest";
import { makePerson } from "../cli/cli.ts";
import { describeOnCluster } from "../support/describe-on-cluster.ts";
import { makeRepository } from "../support/repository.ts";
import { tellingApp } from "./telling-app.ts";

const yaml = "services: { web: { resources: { cpu: 5m, memory: 64Mi } } }\n";

await describeOnCluster((on) => {
  it("gives a pod what is set by a Secret, and prints it nowhere", async () => {
    const app = "config-set";
    const repository = await makeRepository(on().berth, app, tellingApp(app, yaml));
    const person = makePerson(on().berth);
    onTestFinished(() => {
      repository.remove();
      person.remove();
    });
    const run = (...args: string[]) => person.berth([...args, "--app", app, "--server", on().berth.url]);
    const ask = async (key: string) => (await on().berth.get(`${app}.localhost`, `/?key=${key}`)).body;
    await repository.deploy();
    expect(await run("config", "set", "API_KEY=correct-horse")).toMatchObject({ code: 0 });
    expect(await ask("API_KEY")).toBe("correct-horse");
    const { out } = await run("manifests");
    expect(out).toContain("--from-literal=API_KEY='…'");
    expect(out).not.toMatch(/correct-horse|Y29ycmVjdC1ob3JzZ/);
    for (const deployment of await on().deployments(app))
      expect(JSON.stringify(deployment)).not.toContain("correct-horse");
  });
});
