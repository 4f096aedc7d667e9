import type { BuildPlan, Digest } from "@berth/core";
import { makeTestTree } from "@berth/core/testing";
import type { TestFiles } from "@berth/core/testing";
import { describe, expect, it } from "vitest";
import { cycloneDxErrors } from "../testing/cyclonedx.ts";
import type { BillOf } from "./bom.ts";
import { makeSbomMaker } from "./sbom.ts";

const digest: Digest = `sha256:${"1".repeat(64)}`;
const of: BillOf = { app: "shop", service: "web", digest, tree: "t".repeat(40), base: null, berthVersion: "0.1.0" };
const noSteps = { steps: [] };

async function make(files: TestFiles, about: Partial<BillOf> = {}, plan: Pick<BuildPlan, "steps"> = noSteps) {
  const text = await makeSbomMaker().make(makeTestTree(files), plan, { ...of, ...about });
  return { text, bom: JSON.parse(text) };
}

const purls = (bom: { components: { purl: string }[] }) => bom.components.map(({ purl }) => purl);
const cargo = (name: string) => `[[package]]\nname = "${name}"\nversion = "1.0.0"\nsource = "registry"\n`;
const npmLock = (name: string) =>
  JSON.stringify({ packages: { [`node_modules/${name}`]: { version: "1.0.0", license: "MIT" } } });

describe("a bill of materials", () => {
  it("is valid by CycloneDX 1.6, with all that it may have", async () => {
    const sum = "a".repeat(64);
    const files: TestFiles = {
      "package-lock.json": JSON.stringify({
        packages: {
          "node_modules/@s/a": { version: "1.0.0", license: "SEE LICENSE IN x", dev: true },
          "node_modules/b": {
            version: "1.0.0",
            license: "(MIT OR Apache-2.0)",
            integrity: `sha512-${Buffer.alloc(64).toString("base64")}`,
          },
        },
      }),
      "requirements.txt": `flask==3.0 --hash=sha256:${sum} --hash=sha256:${"b".repeat(64)}\nx>=1\n`,
      "deno.lock": JSON.stringify({ remote: { "https://example.org/mod.ts": sum } }),
      "composer.lock": "broken",
      "pom.xml":
        "<project><dependencies><dependency><groupId>g</groupId><artifactId>a</artifactId></dependency></dependencies></project>",
    };
    const base = { image: "ghcr.io/team/base:1", digest: `sha256:${"2".repeat(64)}` as const };
    const { text, bom } = await make(files, { base });
    expect(cycloneDxErrors(bom)).toEqual([]);
    expect(cycloneDxErrors(JSON.parse(text.replace('"library"', '"libary"')))).not.toEqual([]);
    expect(bom.components).toHaveLength(7);
    expect(bom.metadata.properties).toMatchObject([
      { name: "dev.berth:unread", value: expect.stringMatching(/^composer\.lock: /) },
    ]);
    expect(purls(bom)).toContain(`pkg:oci/base@sha256:${"2".repeat(64)}?repository_url=ghcr.io%2Fteam%2Fbase&tag=1`);
  });

  it("is the same for the same image, and has another serial number for another", async () => {
    const files = { "package-lock.json": npmLock("a") };
    const one = await make(files);
    expect((await make(files)).text).toBe(one.text);
    const other = await make(files, { digest: `sha256:${"2".repeat(64)}` });
    expect(other.bom.serialNumber).not.toBe(one.bom.serialNumber);
    expect(other.bom.components).toEqual(one.bom.components);
  });

  it("names the base as a component", async () => {
    const base = { image: "docker.io/library/node:24-slim", digest: `sha256:${"2".repeat(64)}` as const };
    const { bom } = await make({}, { base });
    expect(bom.components).toMatchObject([
      { type: "container", purl: `pkg:docker/library/node@sha256:${"2".repeat(64)}?tag=24-slim` },
    ]);
  });

  it("is of the lockfiles of the root, and where there are none of those further down", async () => {
    const inner = { "server/package-lock.json": npmLock("inner"), "a/b/c/d/package-lock.json": npmLock("deep") };
    const { bom } = await make({ ...inner, "package-lock.json": npmLock("root") });
    expect(purls(bom)).toEqual(["pkg:npm/root@1.0.0"]);
    expect(purls((await make(inner)).bom)).toEqual(["pkg:npm/inner@1.0.0"]);
  });

  it("takes the lockfile of each part where parts have one", async () => {
    const lock = (name: string) => `org.example:${name}:1.0=runtimeClasspath\n`;
    const { bom } = await make({ "gradle.lockfile": lock("root"), "app/gradle.lockfile": lock("app") });
    expect(purls(bom)).toEqual(["pkg:maven/org.example/app@1.0", "pkg:maven/org.example/root@1.0"]);
  });

  it("takes of two lockfiles of one ecosystem the one that the plan names", async () => {
    const files = {
      "package-lock.json": npmLock("npm"),
      "bun.lock": '{"packages":{"bun":["bun@1.0.0","",{}]}}',
      "Cargo.lock": cargo("serde"),
    };
    const step = { inputs: ["package.json", "bun.lock"] } as unknown as BuildPlan["steps"][number];
    const { bom } = await make(files, {}, { steps: [step] });
    expect(purls(bom)).toEqual(["pkg:cargo/serde@1.0.0", "pkg:npm/bun@1.0.0"]);
    expect(purls((await make(files)).bom)).toHaveLength(3);
  });

  it("is made of a large lockfile while the server goes on", async () => {
    const packages = Object.fromEntries(
      Array.from({ length: 6_000 }, (_, i) => [
        `node_modules/package-${i}`,
        {
          version: `1.0.${i}`,
          integrity: `sha512-${Buffer.alloc(64, i).toString("base64")}`,
          engines: { node: ">=18" },
        },
      ]),
    );
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    const { bom } = await make({ "package-lock.json": JSON.stringify({ packages }, null, 2) });
    clearInterval(timer);
    expect(bom.components).toHaveLength(6_000);
    expect(turns).toBeGreaterThan(5);
  });

  it("says which lockfile is too large to be read", async () => {
    const { bom } = await make({ "package-lock.json": Buffer.alloc(33 * 2 ** 20, " ") });
    expect(bom.components).toEqual([]);
    expect(bom.metadata.properties).toMatchObject([{ value: "package-lock.json: it is too large to be read" }]);
  });

  it("is made again from what is known while no lockfile changes", async () => {
    const maker = makeSbomMaker();
    const source = makeTestTree({ "package-lock.json": npmLock("a"), "server.js": "1" });
    const first = await maker.make(source, noSteps, of);
    const changed = makeTestTree({ "package-lock.json": npmLock("a"), "server.js": "2" });
    const unreadable = {
      ...changed,
      contents(): never {
        throw new Error("the lockfile was read again");
      },
    };
    expect(await maker.make(unreadable, noSteps, of)).toBe(first);
  });
});

it("lists packages by name and version, those of a bill too, and no base image", async () => {
  const maker = makeSbomMaker();
  const source = makeTestTree({
    "package-lock.json": JSON.stringify({ packages: { "node_modules/@s/a": { version: "1.0.0" } } }),
    "requirements.txt": "flask==3.0\nx>=1\n",
  });
  const expected = [
    { type: "npm", name: "@s/a", version: "1.0.0" },
    { type: "pypi", name: "flask", version: "3.0" },
  ];
  expect(await maker.packages(source, noSteps)).toEqual(expected);
  const base = { image: "docker.io/library/node:24", digest };
  const bill = await maker.make(source, noSteps, { ...of, base });
  expect(await maker.packagesIn(Buffer.from(bill))).toEqual(expected);
  expect(await maker.packages(makeTestTree({}), noSteps)).toEqual([]);
});
