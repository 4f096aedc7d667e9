import { expect, it } from "vitest";
import { hasDocker, mirrors } from "../support/parts.ts";
import { answering, manifest } from "../support/programs.ts";
import { describeWith } from "../support/requires.ts";
import { openInstallation, openRepository, pushRefused } from "./installation.ts";
import { disagreeing } from "./lockfile.ts";

const { isThere, reason } = await hasDocker();

describeWith("docker", isThere, reason, () => {
  it.each(["host", "docker"])(
    "says that a lockfile disagrees with its manifest, and what to run, with the %s builder",
    async (BERTH_BUILDER) => {
      const berth = await openInstallation({ BERTH_RUNTIME: "docker", BERTH_MIRRORS: mirrors, BERTH_BUILDER });
      const repository = await openRepository(berth, "lock-apart", {
        ...disagreeing,
        "server.js": answering("in step"),
      });
      const output = await pushRefused(berth, repository);
      expect(output).toMatch(/failed +.*npm/);
      expect(output).toContain("The lockfile does not fit package.json");
      expect(output).toContain("commit the lockfile");
      repository.write({ "package.json": manifest("apart") });
      await repository.commit("Want no package after all");
      await repository.deploy();
      expect((await berth.get("lock-apart.localhost")).body).toBe("in step");
    },
    120_000,
  );

  it("tells of a Dockerfile that fails which instruction it was, and what it printed last", async () => {
    const berth = await openInstallation({ BERTH_RUNTIME: "docker", BERTH_MIRRORS: mirrors });
    const from = `FROM node:24-slim\nLABEL dev.berth.test.unique=${Date.now()}\nWORKDIR /site\n`;
    const end = 'USER 1000:1000\nEXPOSE 8080\nCMD ["node", "server.js"]\n';
    const Dockerfile = `${from}COPY server.mjs .\n${end}`.replace('"server.js"', '"server.mjs"');
    const repository = await openRepository(berth, "hull", { Dockerfile, "server.mjs": answering("holds") });
    const pushWith = async (text: string) => {
      repository.write({ Dockerfile: text });
      await repository.commit("Change the Dockerfile");
      return await pushRefused(berth, repository);
    };
    const broken = await pushWith(`${from}RUN echo there is a leak >&2 && exit 42\n${end}`);
    expect(broken).toMatch(/failed +web: .*RUN echo there is a leak.* exited with 42/);
    expect(broken).toMatch(/\| .*there is a leak$/m);
    const missing = await pushWith(`${from}COPY nowhere.txt .\n${end}`);
    expect(missing).toMatch(/nowhere\.txt/);
    expect(missing).toMatch(/hint +.*\.dockerignore/);
    const unknown = await pushWith(`${from}CPOY server.mjs .\n${end}`);
    expect(unknown).toMatch(/CPOY/);
    expect(unknown).toMatch(/hint +.*Dockerfile/);
    const baseless = await pushWith(Dockerfile.replace("node:24-slim", "node:nothing-like-it"));
    expect(baseless).toMatch(/node:nothing-like-it/);
    expect(baseless).toMatch(/hint +.*FROM/);
    repository.write({ Dockerfile });
    await repository.commit("Mend it");
    await repository.deploy();
    expect((await berth.get("hull.localhost")).body).toBe("holds");
  }, 180_000);
});
