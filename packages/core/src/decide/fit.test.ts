import { describe, expect, it } from "vitest";
import { imageNeeds, unfitParts, unfitReason } from "./fit.ts";
import type { RunPlace } from "./fit.ts";

const linux = { os: "linux", architecture: "amd64", libc: "glibc" as const };
const machine: RunPlace = { name: "this machine", platform: linux, needsBase: false, glibc: "2.36", tools: {} };
const docker: RunPlace = { name: "Docker", platform: linux, needsBase: true, glibc: null, tools: {} };

function needs(annotations: Record<string, string> = {}) {
  return imageNeeds(annotations, linux);
}

const json = (abi: Record<string, string>, tools: Record<string, string> = {}) =>
  needs({ "dev.berth.abi": JSON.stringify(abi), "dev.berth.tools": JSON.stringify(tools) });

describe("an image", () => {
  it("fits where nothing speaks against it", () => {
    expect(unfitReason(needs(), machine)).toBeNull();
    expect(unfitReason(needs({ "dev.berth.base.layers": "2" }), docker)).toBeNull();
  });

  it("says what it needs in its annotations, and nonsense is nothing", () => {
    expect(needs({ "dev.berth.platform": "linux/arm64/musl", "dev.berth.tools": '{"node":"24.1.0"}' })).toEqual({
      platform: { os: "linux", architecture: "arm64", libc: "musl" },
      hasBase: false,
      isForeign: false,
      tools: { node: "24.1.0" },
      abi: {},
    });
    expect(needs({ "dev.berth.tools": "{", "dev.berth.abi": "7" })).toMatchObject({ tools: {}, abi: {} });
  });

  it.each([
    [
      "another architecture",
      needs({ "dev.berth.platform": "linux/arm64/" }),
      machine,
      /linux\/arm64, and this machine/,
    ],
    ["another system", needs({ "dev.berth.platform": "darwin/amd64/" }), docker, /darwin\/amd64/],
    ["no base where one is needed", needs(), docker, /without the base image that Docker needs/],
    ["parts for a newer glibc", json({ glibc: "2.38" }), machine, /need glibc 2\.38, and this machine has 2\.36/],
    ["parts for musl", json({ musl: "1" }), machine, /for musl, and this machine has glibc/],
    [
      "parts for glibc",
      json({ glibc: "2.2.5" }),
      { ...machine, glibc: null, platform: { ...linux, libc: "musl" as const } },
      /for glibc, and this machine has musl/,
    ],
    [
      "another Python",
      json({ python: "cp311" }, { python: "3.11.7" }),
      { ...machine, tools: { python: "3.12.1" } },
      /for Python 3\.11, and this machine has Python 3\.12/,
    ],
    [
      "extensions of another Node",
      json({ node: "127" }, { node: "22.1.0" }),
      { ...machine, tools: { node: "24.1.0" } },
      /for Node 22, and this machine has Node 24/,
    ],
  ])("with %s does not fit, and says so", (_, image, place, reason) => {
    expect(unfitReason(image, place)).toMatch(reason);
  });

  it("fits with an older glibc, another patch, and a language that nothing compiled is tied to", () => {
    expect(unfitReason(json({ glibc: "2.9" }), machine)).toBeNull();
    const patch = json({ python: "cp311" }, { python: "3.11.7" });
    expect(unfitReason(patch, { ...machine, tools: { python: "3.11.2" } })).toBeNull();
    expect(unfitReason(json({}, { node: "22.1.0" }), { ...machine, tools: { node: "24.1.0" } })).toBeNull();
  });

  it("of a Dockerfile runs in containers alone", () => {
    expect(unfitReason(needs({ "dev.berth.foreign": "true" }), docker)).toBeNull();
    expect(unfitReason(needs({ "dev.berth.foreign": "true" }), machine)).toMatch(/made by a Dockerfile/);
  });

  it("with a base brings its own system", () => {
    const image = needs({ "dev.berth.base.layers": "2", "dev.berth.abi": '{"glibc":"2.99"}' });
    expect(unfitReason(image, docker)).toBeNull();
    expect(unfitParts(image, { ...docker, name: "node:24-slim", glibc: "2.36" })).toMatch(/node:24-slim has 2\.36/);
  });
});
