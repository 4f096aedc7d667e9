import { describe } from "vitest";
import { connectEngine } from "../engine.ts";
import type { Engine } from "../engine.ts";

/** Tests that need an engine: skipped with the reason where there is none, an error in CI. */
export async function describeWithDocker(title: string, suite: (engine: Engine) => void): Promise<void> {
  const engine = await connectEngine({ host: process.env["DOCKER_HOST"] }).catch((error: Error) => error);
  if (!(engine instanceof Error)) return void describe(title, () => suite(engine));
  if (process.env["CI"] === "true") throw new Error(`Docker is missing in CI: ${engine.message}`);
  console.warn(`skipped, Docker is missing: ${engine.message}`);
  // oxlint-disable-next-line vitest/no-disabled-tests -- the reason is in the title
  describe.skip(`${title} (missing: ${engine.message})`, () => suite({} as Engine));
}
