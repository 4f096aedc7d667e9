import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { describeWith } from "../support/requires.ts";
import { hasProgram } from "../support/has-program.ts";

const examples = join(import.meta.dirname, "../../examples");

describeWith("Python 3.11", hasProgram("python3.11"), "install python3.11 with its venv", () => {
  let berth: Berth;
  let repository: Repository | null = null;

  beforeAll(async () => {
    berth = await startBerth();
  });
  afterEach(() => {
    repository?.remove();
    repository = null;
  });
  afterAll(() => berth.stop());

  async function push(name: string): Promise<string> {
    repository = await makeRepository(berth, name, join(examples, name));
    return await repository.deploy();
  }

  it("serves flask with a server that it adds, and leaves its packages alone when only code changes", async () => {
    const output = await push("flask");
    expect(output).toContain("gunicorn 27.0.1 is added");
    expect((await berth.get("flask.localhost")).body).toMatch(/The water stands at <strong>[\d.]+ m/);
    expect(JSON.parse((await berth.get("flask.localhost", "/tide")).body)).toMatchObject({ unit: "m" });
    const style = await berth.get("flask.localhost", "/static/style.css");
    expect(style.headers["content-type"]).toMatch(/^text\/css/);
    repository!.write({ "templates/tides.html": "<p>Only {{ height }}" });
    await repository!.commit("Say less");
    expect(await repository!.deploy()).toContain("dependencies: unchanged");
    expect((await berth.get("flask.localhost")).body).toMatch(/^<p>Only/);
  }, 240_000);

  it("serves fastapi with its own uvicorn, and finds its modules below src", async () => {
    await push("fastapi");
    const answer = await berth.get("fastapi.localhost", "/?now=10:00");
    expect(JSON.parse(answer.body)).toEqual({ departures: ["12:15", "17:45"] });
    // What the router says of the visitor is believed.
    expect(JSON.parse((await berth.get("fastapi.localhost", "/where")).body)).toMatchObject({
      url: `http://fastapi.localhost:${berth.port}/where`,
    });
  }, 240_000);

  it("collects what is static of django, with a key that is there for the build alone", async () => {
    await push("django");
    const page = await berth.get("django.localhost");
    const style = /href="(\/static\/berths\/style\.[0-9a-f]+\.css)"/.exec(page.body)![1]!;
    expect((await berth.get("django.localhost", style)).headers["cache-control"]).toMatch(/immutable/);
    expect(JSON.parse((await berth.get("django.localhost", "/occupancy")).body)).toEqual({ taken: 2, of: 3 });
  }, 240_000);

  it("installs what uv has locked, and says when the lockfile is out of step", async () => {
    const manifest = (dependency: string) =>
      `[project]\nname = "buoy"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["${dependency}"]\n`;
    repository = await makeRepository(berth, "buoy", {
      "pyproject.toml": manifest("bottle==0.13.4"),
      ".python-version": "3.11\n",
      "main.py": 'from bottle import Bottle\n\napp = Bottle()\napp.route("/", callback=lambda: "Buoy")\n',
    });
    const refused = await repository.push();
    expect(refused.output).toContain("no lockfile");
    const uv = join(berth.home, "uv");
    execFileSync("python3.11", ["-m", "venv", uv]);
    execFileSync(join(uv, "bin/python"), ["-m", "pip", "install", "--quiet", "uv==0.13.9"]);
    execFileSync(join(uv, "bin/uv"), ["lock", "--quiet"], { cwd: repository.folder });
    await repository.commit("Lock");
    expect(await repository.deploy()).toContain("uv sync --locked");
    expect((await berth.get("buoy.localhost")).body).toBe("Buoy");
    repository.write({ "pyproject.toml": manifest("bottle==0.13.3") });
    await repository.commit("Take another");
    const { ok, output } = await repository.push();
    expect(ok).toBe(false);
    expect(output).toMatch(/lockfile .*needs to be updated|uv lock/);
    expect((await berth.get("buoy.localhost")).body).toBe("Buoy");
  }, 300_000);
});
