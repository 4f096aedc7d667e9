import type { Base } from "@berth/images";
import { describe, expect, it } from "vitest";
import { makePlan } from "../testing/plan.ts";
import { baseTools, makeImageSpec, unfitForBase } from "./image.ts";

const platform = { os: "linux", architecture: "amd64", libc: "glibc" as const };
const digest = `sha256:${"a".repeat(64)}` as const;
const base: Base = {
  image: "docker.io/library/python:3.11-slim",
  digest,
  manifest: digest,
  platform,
  glibc: "2.36",
  layers: [],
  env: ["PATH=/usr/local/bin:/bin", "PYTHON_VERSION=3.11.9"],
};
const plan = makePlan({ stack: "python", tools: { python: "3.11", uv: "0.9" }, base: { image: base.image, digest } });
const parts = { plan, layers: [], platform, base, tools: { python: "3.11.7", uv: "0.9.1" }, abi: { python: "cp311" } };

describe("an image", () => {
  it("says what it needs to run, the same wherever it was built on a base", () => {
    const { annotations, on } = makeImageSpec({ ...parts, abi: { python: "cp311", glibc: "2.34" } });
    expect(on).toBe(base);
    expect(annotations).toEqual({
      "dev.berth.stack": "python",
      "dev.berth.platform": "linux/amd64/glibc",
      "dev.berth.tools": '{"python":"3.11.9"}',
      "dev.berth.abi": '{"glibc":"2.34","python":"cp311"}',
    });
  });

  it("without a base names the versions it was built with", () => {
    expect(makeImageSpec({ ...parts, base: null }).annotations["dev.berth.tools"]).toBe('{"python":"3.11.7"}');
  });

  it("fits its base, or says why it does not and what to do", () => {
    const host = { usesBuildImage: false };
    expect(unfitForBase(parts, host)).toBeNull();
    expect(unfitForBase({ ...parts, abi: { python: "cp311", glibc: "2.39" } }, host)).toMatchObject({
      message: "It has compiled parts that need glibc 2.39, and python:3.11-slim has 2.36",
      hint: expect.stringContaining("BERTH_BUILDER=docker"),
    });
    expect(unfitForBase({ ...parts, tools: { python: "3.12.1" }, abi: { python: "cp312" } }, host)?.message).toContain(
      "Python 3.12, and python:3.11-slim has Python 3.11",
    );
    const musl = { ...base, glibc: null, platform: { ...platform, libc: "musl" as const } };
    expect(unfitForBase({ ...parts, base: musl, abi: { glibc: "2.17" } }, host)?.message).toContain("for glibc");
    const arm = { ...base, platform: { ...platform, architecture: "arm64" } };
    expect(unfitForBase({ ...parts, base: arm }, host)?.message).toContain("linux/arm64");
    expect(unfitForBase({ ...parts, base: null }, host)).toBeNull();
  });

  it("of an official base is known by what that says in its environment, else by its tag", () => {
    const image = "docker.io/library/debian:12";
    const env = ["NODE_VERSION=24.1.0", "JAVA_VERSION=jdk-17.0.9+9", "PHP_VERSION=8.3.1", "OTHER=1"];
    expect(baseTools({ env, image })).toEqual({ node: "24.1.0", java: "17.0.9+9", php: "8.3.1" });
    const tagged = (tag: string) => baseTools({ env: [], image: `docker.io/library/${tag}` });
    expect(tagged("python:3.11-slim")).toEqual({ python: "3.11" });
    expect(tagged("python:3")).toEqual({});
    expect(tagged("node:24-slim")).toEqual({ node: "24" });
    expect(tagged("debian:12")).toEqual({});
  });
});
