import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { hasProgram } from "../support/has-program.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { describeWith } from "../support/requires.ts";

const examples = join(import.meta.dirname, "../../examples");
/** Nothing is in the caches of a new installation: compilers bring their packages first. */
const timeoutMs = 300_000;

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

async function deploy(name: string, example = name): Promise<{ output: string; change: Repository }> {
  repository = await makeRepository(berth, name, join(examples, example));
  const { ok, output } = await repository.push();
  expect(output).toContain(`http://${name}.localhost:${berth.port}`);
  expect(ok).toBe(true);
  return { output, change: repository };
}

const get = (app: string, path = "/") => berth.get(`${app}.localhost`, path);

describeWith("Go", hasProgram("go"), "there is no go", () => {
  it(
    "builds both programs of the go example into one image, and starts each as the service of its name",
    async () => {
      const { output, change } = await deploy("tides", "go");
      expect(output).toContain("starts tides, out of tides and worker");
      const images = [...output.matchAll(/image {3}(web|worker) {2}([0-9a-f]{12}) /g)].map((match) => match[2]);
      expect(images.length).toBe(2);
      expect(new Set(images).size).toBe(1);
      // The page comes of a template beside the program, the rest out of the program.
      expect((await get("tides")).body).toContain("<li>Dover: 06:12</li>");
      expect((await get("tides", "/tides/Brest")).body).toBe("04:51");
      for await (const { text } of berth.logs({ app: "tides", service: "worker", follow: true })) {
        if (/Worker: turn 1/.test(text)) break;
      }

      change.write({ "templates/tides.html": "<p>{{len .}} harbours</p>\n" });
      await change.commit("Say less");
      expect((await change.push()).ok).toBe(true);
      expect((await get("tides")).body).toBe("<p>3 harbours</p>\n");

      change.write({ "main.go": "package main\n\nfunc main() { undefined() }\n" });
      await change.commit("Break it");
      const broken = await change.push();
      expect(broken.ok).toBe(false);
      expect(broken.output).toContain("undefined: undefined");
      expect((await get("tides")).body).toBe("<p>3 harbours</p>\n");
    },
    timeoutMs,
  );
});

describeWith("Rust", hasProgram("cargo"), "there is no cargo", () => {
  it(
    "builds the program of the rust example, and not the one that nobody starts",
    async () => {
      const { output } = await deploy("rust");
      expect(output).toContain("starts buoys, out of buoys and seed");
      expect(output).not.toContain("--bin seed");
      expect((await get("rust")).body).toContain("Red to port");
      expect((await get("rust", "/count")).body).toBe("1");
      expect((await get("rust", "/gone")).status).toBe(404);
    },
    timeoutMs,
  );
});

describeWith("Java", hasProgram("javac") && hasProgram("mvn"), "there is no javac or no mvn", () => {
  it(
    "builds the jar of the maven example and starts it",
    async () => {
      await deploy("maven");
      expect((await get("maven")).body).toMatch(/^[1-8] bells$/);
    },
    timeoutMs,
  );

  it(
    "builds the spring example and tells it its port",
    async () => {
      const { output } = await deploy("spring");
      expect(output).toContain("Spring Boot");
      expect((await get("spring")).body).toContain("<h1>Lights</h1>");
      expect((await get("spring", "/lights/Eddystone")).body).toBe("Fl(2) W 10s");
      expect((await get("spring", "/lights/none")).status).toBe(404);
    },
    timeoutMs,
  );
});

const compilers = ["cargo", "javac", "mvn"];
describeWith("Rust and Java", compilers.every(hasProgram), `one is missing of ${compilers.join(", ")}`, () => {
  it(
    "makes the same images in another home",
    async () => {
      const other = await startBerth();
      onTestFinished(() => other.stop());
      for (const name of ["rust", "maven"]) {
        const images: string[] = [];
        for (const each of [berth, other]) {
          const source = await makeRepository(each, `same-${name}`, join(examples, name));
          images.push(/image {3}web {2}([0-9a-f]{12}) /.exec(await source.deploy())?.[1] ?? "");
          source.remove();
        }
        expect(images[0]).toMatch(/^[0-9a-f]{12}$/);
        expect(images[1]).toBe(images[0]);
      }
    },
    timeoutMs,
  );
});
