import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Berth } from "../support/berth.ts";
import { docker } from "../support/containers.ts";
import { hasDocker, mirrors } from "../support/parts.ts";
import { answering, manifest } from "../support/programs.ts";
import { describeWith } from "../support/requires.ts";
import { openInstallation, openRepository, pushRefused } from "./installation.ts";
import { filesWith, formsOf } from "./search.ts";
import { engineImagesOf, installationOf } from "../support/engine.ts";

const { isThere, reason } = await hasDocker();

const manifestWith = (build: string) => manifest("vault", { build });
const yaml = "services:\n  web: { build: { secrets: [NPM_TOKEN] } }\n";
/** Prints the secret in several forms and keeps only how long it is. */
const use = `const { NPM_TOKEN } = process.env;
console.log("plain", NPM_TOKEN);
console.error("base64", Buffer.from("ada:" + NPM_TOKEN).toString("base64"));
console.log("query", new URLSearchParams({ NPM_TOKEN }).toString());
require("node:fs").writeFileSync("length.txt", String(NPM_TOKEN.length));`;
const keep = `require("node:fs").writeFileSync("kept.txt", "token=" + process.env.NPM_TOKEN);`;
const server = answering("X").replace('"X"', 'readFileSync("length.txt")');
const files = {
  "package.json": manifestWith("node use.cjs"),
  "use.cjs": use,
  "server.js": `import { readFileSync } from "node:fs";\n${server}`,
  "berth.yaml": yaml,
};

function putSecret({ home }: Berth, app: string): { value: string; file: string } {
  const value = `npm_${randomBytes(20).toString("hex")}`;
  const folder = join(home, "build-secrets", app);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "NPM_TOKEN");
  writeFileSync(file, `${value}\n`, { mode: 0o600 });
  return { value, file };
}

/** Fails where the secret is anywhere but in its file: on the server's disk (with timelines, records and layers), in what it prints, and in all that the engine says of it. */
async function expectNowhereElse(berth: Berth, { value, file }: { value: string; file: string }) {
  const forms = formsOf(value);
  expect(await filesWith(berth.home, forms)).toEqual([file]);
  const told = [berth.output(), await engineTells(berth)];
  for (const form of forms) for (const text of told) expect(text).not.toContain(form);
}

/** What an engine says of an installation's containers, of its images with their history, and of the build cache. */
async function engineTells(berth: Berth): Promise<string> {
  const installation = installationOf(berth);
  const ids = async (...args: string[]) => (await docker(...args)).split("\n").filter((id) => id !== "");
  const containers = [
    ...(await ids("ps", "-aq", "--filter", `label=dev.berth.installation=${installation}`)),
    ...(await ids("ps", "-aq", "--filter", `label=dev.berth.build=${installation}`)),
  ];
  const images = await engineImagesOf(installation);
  expect(images.length).toBeGreaterThan(0);
  const told = [
    ...containers.map((id) => docker("inspect", id)),
    ...containers.map((id) => docker("logs", id)),
    ...images.map((id) => docker("inspect", id)),
    ...images.map((id) => docker("history", "--no-trunc", id)),
    docker("system", "df", "--verbose", "--format", "{{json .BuildCache}}"),
  ];
  return (await Promise.all(told)).join("\n");
}

describeWith("docker", isThere, reason, () => {
  it.each(["host", "docker"])(
    "keeps a secret of a build to its file, also where a step prints it, with the %s builder",
    async (BERTH_BUILDER) => {
      const berth = await openInstallation({ BERTH_RUNTIME: "docker", BERTH_MIRRORS: mirrors, BERTH_BUILDER });
      const app = `vault-${BERTH_BUILDER}`;
      const repository = await openRepository(berth, app, files);
      const missing = await pushRefused(berth, repository);
      expect(missing).toContain(`names the secret NPM_TOKEN, which the server does not have.`);
      expect(missing).toMatch(/hint +.*build-secrets/);

      const secret = putSecret(berth, app);
      const output = await repository.deploy();
      for (const form of formsOf(secret.value)) expect(output).not.toContain(form);
      expect((await berth.get(`${app}.localhost`)).body).toBe(String(secret.value.length));
      await expectNowhereElse(berth, secret);

      repository.write({ "use.cjs": `${use}\n${keep}` });
      await repository.commit("Keep it");
      const refused = await pushRefused(berth, repository);
      expect(refused).toContain("kept.txt");
      expect(refused).toContain("NPM_TOKEN");
      await expectNowhereElse(berth, secret);
    },
    180_000,
  );

  it("keeps a secret that a Dockerfile mounts to its file", async () => {
    const berth = await openInstallation({ BERTH_RUNTIME: "docker", BERTH_MIRRORS: mirrors });
    const Dockerfile = `FROM node:24-slim
LABEL dev.berth.test.unique=${randomBytes(6).toString("hex")}
WORKDIR /site
COPY . .
RUN --mount=type=secret,id=NPM_TOKEN NPM_TOKEN=$(cat /run/secrets/NPM_TOKEN) node use.cjs
USER 1000:1000
EXPOSE 8080
CMD ["node", "server.js"]
`;
    const repository = await openRepository(berth, "vault-file", { ...files, Dockerfile });
    const secret = putSecret(berth, "vault-file");
    const output = await repository.deploy();
    for (const form of formsOf(secret.value)) expect(output).not.toContain(form);
    expect(output).toMatch(/plain \*\*\*/);
    expect((await berth.get("vault-file.localhost")).body).toBe(String(secret.value.length));
    await expectNowhereElse(berth, secret);
  }, 180_000);
});
