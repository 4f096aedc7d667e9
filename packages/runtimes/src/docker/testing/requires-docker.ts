import { randomBytes } from "node:crypto";
import { connectEngine } from "@berth/docker";
import type { Engine } from "@berth/docker";
import { afterAll, beforeAll, describe } from "vitest";

/** What containers of tests are made of. */
const source = "node:24-slim";
/** The same under a name of this test file's own, which no other test removes. */
const repository = `berth-test/base-${randomBytes(4).toString("hex")}`;
const base = `${repository}:24-slim`;

/** Tests that need an engine with a base image: skipped with the reason where there is none, an error in CI. */
export async function describeWithDocker(title: string, suite: (engine: Engine) => void): Promise<void> {
  const engine = await openEngine().catch((error: Error) => error);
  if (!(engine instanceof Error)) {
    describe(title, () => {
      // Where a filter leaves all of them out, nothing is run and nothing is to be made.
      beforeAll(() => nameBase(engine));
      afterAll(() => engine.ask((docker) => docker.getImage(base).remove()));
      suite(engine);
    });
    return;
  }
  if (process.env["CI"] === "true") throw new Error(`Docker is missing in CI: ${engine.message}`);
  console.warn(`skipped, Docker is missing: ${engine.message}`);
  // oxlint-disable-next-line vitest/no-disabled-tests -- the reason is in the title
  describe.skip(`${title} (missing: ${engine.message})`, () => suite({} as Engine));
}

async function openEngine(): Promise<Engine> {
  const engine = await connectEngine({ host: process.env["DOCKER_HOST"] });
  await engine.ask(async (docker) => {
    const isThere = await docker
      .getImage(source)
      .inspect()
      .then(
        () => true,
        () => false,
      );
    if (isThere) return;
    const pulling = await docker.pull(source);
    await new Promise<void>((resolve, reject) =>
      docker.modem.followProgress(pulling, (error) => (error ? reject(error) : resolve())),
    );
  });
  return engine;
}

async function nameBase(engine: Engine): Promise<void> {
  await engine.ask((docker) => docker.getImage(source).tag({ repo: repository, tag: "24-slim" }));
}

/** The layers and the environment of the base image, which the engine has. */
export async function readBase(engine: Engine): Promise<{ layers: string[]; env: string[] }> {
  const { RootFS, Config } = await engine.ask((docker) => docker.getImage(base).inspect());
  return { layers: RootFS.Layers ?? [], env: Config.Env ?? [] };
}
