import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { hasProgram } from "../support/has-program.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { describeWith } from "../support/requires.ts";

const example = join(import.meta.dirname, "../../examples/php");
const isThere = hasProgram("php") && hasProgram("composer");

describeWith("PHP", isThere, "install php-cli, php-mbstring, composer and unzip", () => {
  let berth: Berth;
  let repository: Repository;

  beforeAll(async () => {
    berth = await startBerth();
    repository = await makeRepository(berth, "signals", example);
  });
  afterAll(async () => {
    repository.remove();
    await berth.stop();
  });

  it("serves php: pages by index.php, files as they are, and nothing that is no page", async () => {
    const output = await repository.deploy();
    expect(output).toContain("composer install");
    const page = await berth.get("signals.localhost");
    expect(page.body).toContain("<li>Bravo</li>");
    expect(JSON.parse((await berth.get("signals.localhost", "/spell?word=hi")).body)).toEqual(["Hotel", "India"]);
    expect((await berth.get("signals.localhost", "/style.css")).headers["content-type"]).toMatch(/^text\/css/);
    expect((await berth.get("signals.localhost", "/nowhere.html")).status).toBe(404);
    expect((await berth.get("signals.localhost", "/.env")).status).toBe(403);
  }, 240_000);

  it("refuses a lockfile that is out of step, and serves what was live", async () => {
    const manifest =
      '{ "require": { "php": ">=8.1", "ext-mbstring": "*" }, "config": { "platform": { "php": "8.2" } } }';
    repository.write({ "composer.json": manifest });
    await repository.commit("Ask for another PHP");
    const { ok, output } = await repository.push();
    expect(ok).toBe(false);
    expect(output).toMatch(/lock file is not up to date/);
    expect((await berth.get("signals.localhost")).status).toBe(200);
  }, 120_000);
});
