import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { type GemSource, startGemSource } from "../support/gem-source.ts";
import { hasProgram } from "../support/has-program.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { describeWith } from "../support/requires.ts";

const examples = join(import.meta.dirname, "../../examples");

describeWith(
  "Ruby",
  hasProgram("ruby") && hasProgram("puma"),
  "install ruby, ruby-bundler, puma, ruby-railties",
  () => {
    let berth: Berth;
    let gems: GemSource;
    let repository: Repository | null = null;

    beforeAll(async () => {
      gems = await startGemSource("puma", "rack", "rake", "railties", "actionpack", "sprockets-rails");
      berth = await startBerth();
    });
    afterEach(() => {
      repository?.remove();
      repository = null;
    });
    afterAll(async () => {
      gems.close();
      await berth.stop();
    });

    /** Pushes an example; its gems come from this machine instead of from the public source. */
    async function push(name: string): Promise<string> {
      repository = await makeRepository(berth, name, join(examples, name));
      repository.write({
        "berth.yaml": `services: { web: { build: { env: { BUNDLE_MIRROR__ALL: "${gems.url}" } }, env: { SECRET_KEY_BASE: only-an-example } } }\n`,
      });
      await repository.commit("Take the gems of this machine");
      return await repository.deploy();
    }

    it("serves rack by puma, with the gems that its Gemfile names and none for development", async () => {
      const output = await push("rack");
      expect(output).toContain("Rack served by puma");
      expect(output).not.toMatch(/Installing rake/);
      expect(JSON.parse((await berth.get("rack.localhost", "/buoys")).body)).toMatchObject({ north: "green" });
      expect((await berth.get("rack.localhost", "/nowhere")).status).toBe(404);
    }, 240_000);

    it("serves rails with its assets compiled", async () => {
      const output = await push("rails");
      expect(output).toContain("rake assets:precompile");
      const page = await berth.get("rails.localhost");
      const style = /href="(\/assets\/application-[0-9a-f]+\.css)"/.exec(page.body)![1]!;
      expect((await berth.get("rails.localhost", style)).body).toContain("font:");
      expect(JSON.parse((await berth.get("rails.localhost", "/notices")).body)).toContain("Works on the north quay");
    }, 300_000);
  },
);
