import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { hasDocker, mirrors } from "../support/parts.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { describeWith } from "../support/requires.ts";

const examples = join(import.meta.dirname, "../../examples");
const docker = await hasDocker();

describeWith("Docker", docker.isThere, docker.reason, () => {
  let berth: Berth;
  let repository: Repository | null = null;

  beforeAll(async () => {
    berth = await startBerth({ BERTH_RUNTIME: "docker", BERTH_MIRRORS: mirrors });
  });
  afterEach(() => {
    repository?.remove();
    repository = null;
  });
  afterAll(() => berth.stop(), 60_000);

  it("builds flask in containers and serves it from a read-only disk", async () => {
    repository = await makeRepository(berth, "flask", join(examples, "flask"));
    const output = await repository.deploy();
    expect(output).toContain("compileall");
    expect(JSON.parse((await berth.get("flask.localhost", "/tide")).body)).toMatchObject({ unit: "m" });
  }, 300_000);

  it("collects what is static of django in a container without a network", async () => {
    repository = await makeRepository(berth, "django", join(examples, "django"));
    expect(await repository.deploy()).toContain("1 static file copied");
    const page = await berth.get("django.localhost");
    const style = /href="(\/static\/berths\/style\.[0-9a-f]+\.css)"/.exec(page.body)![1]!;
    expect((await berth.get("django.localhost", style)).status).toBe(200);
  }, 300_000);

  it("builds the assets of a Flask app with Node, out of Node's own image", async () => {
    repository = await makeRepository(berth, "buoys", {
      ".python-version": "3.11\n",
      "requirements.txt": "flask\n",
      "app.py": `from flask import Flask\napp = Flask(__name__)\n@app.get("/")\ndef index():\n    return '<script src="/static/page.js"></script>'\n`,
      "package.json": JSON.stringify({
        private: true,
        scripts: { build: "esbuild assets/page.ts --bundle --minify --outfile=static/page.js" },
        devDependencies: { esbuild: "^0.25.0" },
      }),
      "assets/page.ts": `const lit: boolean = true;\nconsole.log(lit ? "the buoy is lit" : "");\n`,
      ".gitignore": "node_modules\nstatic\n",
    });
    const output = await repository.deploy();
    expect(output).toContain("node of node:24-slim");
    expect((await berth.get("buoys.localhost", "/static/page.js")).body).toContain("the buoy is lit");
  }, 300_000);
});
