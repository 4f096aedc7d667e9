import { expect, it } from "vitest";
import { makePerson } from "../cli/cli.ts";
import { describeOnDocker } from "../support/describe-on-docker.ts";
import { makeRepository } from "../support/repository.ts";
import { tellingApp } from "./telling-app.ts";

await describeOnDocker((berth) => {
  it("gives a container what is set, and what was before after a rollback", async () => {
    const repository = await makeRepository(berth(), "config-docker", tellingApp("config-docker"));
    const person = makePerson(berth());
    const run = (...args: string[]) => person.berth([...args, "--app", "config-docker", "--server", berth().url]);
    const ask = async (key: string) => (await berth().get("config-docker.localhost", `/?key=${key}`)).body;
    await repository.deploy();
    expect(await ask("LEVEL")).toBe("nothing");
    expect(await run("config", "set", "LEVEL=debug")).toMatchObject({ code: 0 });
    expect(await ask("LEVEL")).toBe("debug");
    expect(await run("rollback")).toMatchObject({ code: 0 });
    expect(await ask("LEVEL")).toBe("nothing");
    repository.remove();
    person.remove();
  }, 120_000);
});
