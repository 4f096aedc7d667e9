import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { makeHome, openHost } from "../testing/host.ts";
import type { TestHost } from "../testing/host.ts";
import { makePlan, makeRequest, makeSink, makeStep, never } from "../testing/plan.ts";
import type { BuildPlan } from "@berth/core";
import type { TestFiles } from "@berth/core/testing";
import { makeMachineFinder } from "./tools/find-on-machine.ts";
import { makeHostUnpack } from "./unpack.ts";

const execute = promisify(execFile);

async function build(host: TestHost, plan: BuildPlan, files: TestFiles) {
  const sink = makeSink();
  const result = await host.builder.build(makeRequest(files, plan), sink, never);
  if (!result.ok)
    throw new Error(`${result.failure.message}\n${result.failure.lines.join("\n")}\n${sink.told.join("\n")}`);
  return { artifact: result.artifact, told: sink.told, image: await makeHostUnpack(host.deps)(result.artifact.digest) };
}

/** Whether the machine has a tool in a version. */
async function has(tool: string, wanted: string): Promise<boolean> {
  const { deps } = await openHost();
  return (await makeMachineFinder(deps).find(tool, wanted)).fitting !== null;
}

const dependencies = (name: string) => ({ dependencies: [name], app: "all" as const, support: [] });

describe("on this machine", () => {
  it("Python packages are installed, and their image runs with the Python it was built with", async ({ skip }) => {
    if (!(await has("python", "3.11"))) skip("there is no Python 3.11");
    const host = await openHost();
    const install = makeStep({
      name: "install",
      layer: "dependencies",
      inputs: ["requirements.txt"],
      command: { argv: ["pip", "install", "--target", "packages", "-r", "requirements.txt"] },
      caches: ["pip"],
      network: true,
    });
    const plan = makePlan({ tools: { python: "3.11" }, steps: [install], contents: dependencies("packages") });
    const files = {
      "requirements.txt": "markupsafe==2.1.5\n",
      "app.py": "import markupsafe._speedups, sys; print(sys.version_info[:2])",
    };
    const { artifact, image } = await build(host, plan, files);
    expect(artifact.provenance.tools["python"]).toMatch(/^3\.11\./);
    expect(artifact.provenance.abi).toMatchObject({ python: "cp311", glibc: expect.stringMatching(/^2\.\d+/) });
    expect(image.annotations["dev.berth.tools"]).toContain('"python":"3.11.');
    const env = { PYTHONPATH: join(image.workdir, "packages"), PYTHONDONTWRITEBYTECODE: "1" };
    const { stdout } = await execute(join(image.bin!, "python3"), ["app.py"], { cwd: image.workdir, env });
    expect(stdout.trim()).toBe("(3, 11)");
    expect((await execute("find", [image.workdir, "-name", "__pycache__"])).stdout).toBe("");
  }, 120_000);

  it("uv comes from its registry, once", async ({ skip }) => {
    if (!(await has("python", "3.11"))) skip("there is no Python 3.11");
    const host = await openHost();
    const step = makeStep({ command: { shell: "uv --version > version; python3 --version >> version" } });
    const plan = makePlan({ tools: { uv: "0.9", python: "3.11" }, steps: [step] });
    const first = await build(host, plan, { a: "1" });
    expect(first.told.join()).toContain("Installing uv 0.9");
    expect(first.artifact.provenance.tools["uv"]).toMatch(/^0\.9\./);
    const second = await build(host, plan, { a: "2" });
    expect(second.told.join()).not.toContain("Installing");
    expect(host.builder.key(makeRequest({ a: "2" }, plan))).toBe(second.artifact.key);
  }, 180_000);

  it("Go programs are compiled, and what they need of glibc is known", async ({ skip }) => {
    if (!(await has("go", "1.21"))) skip("there is no Go");
    const host = await openHost();
    const files = {
      "go.mod": "module example.org/shop\n\ngo 1.21\n",
      "main.go": 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("hello") }\n',
    };
    const step = makeStep({
      command: { argv: ["go", "build", "-trimpath", "-o", "out/app", "."] },
      env: { CGO_ENABLED: "0" },
      caches: ["go"],
    });
    const plan = makePlan({
      tools: { go: "1.21" },
      steps: [step],
      contents: { dependencies: [], app: ["out"], support: [] },
    });
    const { artifact, image } = await build(host, plan, files);
    expect(artifact.provenance.abi).toEqual({});
    expect((await execute(join(image.workdir, "out/app"))).stdout).toBe("hello\n");
    const again = await build(host, plan, { ...files, "README.md": "1" });
    expect(again.artifact.digest).toBe(artifact.digest);
  }, 180_000);

  it("Rust programs are compiled into a folder that their service keeps", async ({ skip }) => {
    if (!(await has("rust", "1.70"))) skip("there is no Rust");
    const host = await openHost();
    const step = makeStep({
      command: { shell: 'cargo build --release && mkdir -p out && cp "$CARGO_TARGET_DIR/release/shop" out/' },
      caches: ["cargo"],
      timeoutMs: 120_000,
    });
    const plan = makePlan({
      tools: { rust: "1.70" },
      steps: [step],
      contents: { dependencies: [], app: ["out"], support: [] },
    });
    const source = (text: string) => ({
      "Cargo.toml": '[package]\nname = "shop"\nversion = "0.1.0"\nedition = "2021"\n',
      "src/main.rs": `fn main() { println!("${text}"); }\n`,
    });
    const first = await build(host, plan, source("one"));
    expect(first.artifact.provenance.abi["glibc"]).toMatch(/^2\.\d+/);
    expect((await execute(join(first.image.workdir, "out/shop"))).stdout).toBe("one\n");
    const second = await build(host, plan, source("two"));
    expect((await execute(join(second.image.workdir, "out/shop"))).stdout).toBe("two\n");
  }, 180_000);

  it("Java is found in the version asked for", async ({ skip }) => {
    if (!(await has("java", "17"))) skip("there is no JDK 17");
    const host = await openHost();
    const step = makeStep({
      command: { shell: 'javac Main.java && java Main > out.txt && echo "$JAVA_HOME" >> out.txt' },
    });
    const plan = makePlan({ tools: { java: "17" }, steps: [step] });
    const source =
      "public class Main { public static void main(String[] a) { System.out.println(Runtime.version().feature()); } }";
    const { artifact } = await build(host, plan, { "Main.java": source });
    expect(artifact.provenance.tools["java"]).toMatch(/^17\./);
  }, 60_000);

  it("a version that is not there is a failure that says which are", async () => {
    const host = await openHost();
    const plan = makePlan({ tools: { python: "2.5" }, steps: [makeStep({ command: { argv: ["true"] } })] });
    const result = await host.builder.build(makeRequest({ a: "1" }, plan), makeSink(), never);
    expect(result).toMatchObject({
      ok: false,
      failure: {
        step: "tools",
        message: expect.stringMatching(/^The build needs Python 2\.5, and this machine has (no Python|Python 3\.)/),
        hint: expect.stringMatching(/BERTH_BUILDER=docker/),
      },
    });
  }, 60_000);

  it("a Dockerfile needs the other builder, and this one says so", async () => {
    const host = await openHost({ home: await makeHome() });
    const plan = makePlan({ stack: "dockerfile", dockerfile: "Dockerfile" });
    const result = await host.builder.build(makeRequest({ Dockerfile: "FROM scratch" }, plan), makeSink(), never);
    expect(result).toMatchObject({ ok: false, failure: { hint: expect.stringContaining("BERTH_BUILDER=docker") } });
  });
});
