import type { ImageOrigin, Verification } from "@berth/core";
import { describe, expect, test } from "vitest";
import { columns, makeStyle } from "../framework/output.ts";
import { originRows } from "./origin.ts";
import { verificationText } from "./verification.ts";

const style = makeStyle(false);
const digest = (digit: string): `sha256:${string}` => `sha256:${digit.repeat(64)}`;

const origin: ImageOrigin = {
  service: "web",
  image: digest("1"),
  sizeBytes: 84_000_000,
  layers: [
    { digest: digest("a"), sizeBytes: 30_000_000, holds: "base" },
    { digest: digest("b"), sizeBytes: 50_000_000, holds: "base" },
    { digest: digest("c"), sizeBytes: 3_990_000, holds: "dependencies" },
    { digest: digest("d"), sizeBytes: 10_000, holds: "app" },
  ],
  provenance: {
    app: "shop",
    service: "web",
    commit: "c".repeat(40),
    tree: "d".repeat(40),
    plan: {
      stack: "node",
      findings: [{ what: "Node 24", from: "package.json engines.node" }],
      base: { image: "docker.io/library/node:24-slim", digest: digest("b") },
      buildImage: { image: "docker.io/library/node:24", digest: digest("e") },
      dockerfile: null,
      tools: { node: "24" },
      steps: [step("dependencies", { argv: ["npm", "ci"] }), step("app", { shell: "npm run build && ls" })],
      contents: { dependencies: ["node_modules"], app: "all", support: [] },
      command: { argv: ["node", "server.js"] },
      env: {},
      programs: [],
      writable: [],
    },
    builder: { name: "docker", version: "1" },
    platform: { os: "linux", architecture: "amd64", libc: "glibc" },
    abi: { node: "137" },
    buildEnv: { PUBLIC_URL: "https://example.org", LEVEL: "2" },
    buildSecrets: ["NPM_TOKEN"],
    tools: { node: "24.18.1", npm: "11.0.0" },
    startedAt: 1000,
    finishedAt: 3500,
  },
  signature: { key: "f".repeat(64), envelope: digest("2") },
  sbom: { digest: digest("3"), components: 71 },
};

function step(layer: "dependencies" | "app", command: { argv: string[] } | { shell: string }) {
  return { name: layer, layer, inputs: "all" as const, command, env: {}, caches: [], network: true, timeoutMs: 1000 };
}

describe("how an image was made", () => {
  test("fits on a screen", () => {
    expect(columns(originRows(origin, 12))).toMatchInlineSnapshot(`
      "image      sha256:1111111111111111111111111111111111111111111111111111111111111111  80.1 MiB
      layers     2 of the base 76.3 MiB, dependencies 3.8 MiB, app 9.8 KiB
      stack      node: Node 24 (package.json engines.node)
      base       node:24-slim@bbbbbbbbbbbb
      built in   node:24@eeeeeeeeeeee
      built      by docker 1 on linux/amd64 glibc in 2.5 s
      steps      npm ci  (dependencies)
                 npm run build && ls
      tools      node 24.18.1, npm 11.0.0
      abi        node 137
      build env  PUBLIC_URL=https://example.org LEVEL=2
      secrets    NPM_TOKEN
      sbom       71 components
      signed     by key ffffffffffff, not checked here: berth verify v12"
    `);
  });

  test("is told as far as it is known", () => {
    const unknown = { ...origin, sizeBytes: null, layers: [], provenance: null, signature: null, sbom: null };
    expect(columns(originRows(unknown, 12))).toMatchInlineSnapshot(`
      "image   sha256:1111111111111111111111111111111111111111111111111111111111111111  it is not there any more
      built   the record of its build is gone
      sbom    none
      signed  no: berth verify v12 says why"
    `);
  });

  test("says of a Dockerfile's image what it lies on, as far as it is known", () => {
    const { provenance } = origin;
    const base = { image: "docker.io/library/python:3-slim", digest: null };
    const plan = { ...provenance!.plan, dockerfile: "Dockerfile", base, buildImage: null, steps: [] };
    const layers = origin.layers.map((layer) => ({ ...layer, holds: "dockerfile" as const }));
    const rowsOf = (tools: Record<string, string>, image = base.image) => {
      const made = { ...provenance!, tools, plan: { ...plan, base: { ...base, image } } };
      const rows = originRows({ ...origin, layers, provenance: made }, 12);
      return columns(rows.filter(([name]) => name === "base" || name === "layers")).split("\n");
    };
    expect(rowsOf({ [`FROM ${base.image}`]: digest("b") })).toEqual([
      "layers  4 of the Dockerfile 80.1 MiB",
      "base    python:3-slim@bbbbbbbbbbbb",
    ]);
    expect(rowsOf({})[1]).toBe("base    python:3-slim");
    expect(rowsOf({}, "docker.io/library/scratch")).toHaveLength(1);
  });

  test("says where this machine stands for the base", () => {
    const { provenance } = origin;
    const plan = { ...provenance!.plan, base: { ...provenance!.plan.base, digest: null }, buildImage: null };
    const onMachine = { ...origin, layers: origin.layers.slice(2), provenance: { ...provenance!, plan } };
    const rows = originRows(onMachine, 12).filter(([name]) => name === "base" || name === "layers");
    expect(columns(rows)).toMatchInlineSnapshot(`
      "layers  dependencies 3.8 MiB, app 9.8 KiB
      base    node:24-slim  not in the image: this machine stands for it"
    `);
  });
});

describe("a verification", () => {
  const verification: Verification = {
    app: "shop",
    environment: "production",
    version: 12,
    verified: true,
    key: "f".repeat(64),
    services: [
      {
        service: "web",
        image: digest("1"),
        checks: [
          { check: "signature", state: "ok", message: "Ed25519, key ffffffffffff" },
          { check: "copy", state: "unchecked", message: "this machine has none" },
        ],
      },
    ],
  };

  test("is one line for each check", () => {
    expect(verificationText(verification, "shop v12", style)).toMatchInlineSnapshot(`
      "web
        ok  signature  Ed25519, key ffffffffffff
        -   copy       this machine has none

      ✓ shop v12 is what its provenance says: 2 checks, 1 not made"
    `);
  });

  test("says what differs, and that all of it has failed for it", () => {
    const [service] = verification.services;
    const failed = { check: "layer" as const, state: "failed" as const, message: "the content of app/a.js differs" };
    const changed = { ...verification, verified: false, services: [{ ...service!, checks: [failed] }] };
    expect(verificationText(changed, "shop v12", style)).toMatchInlineSnapshot(`
      "web
        FAILED  layer  the content of app/a.js differs

      ✗ shop v12 is not what its provenance says: 1 of 1 check failed"
    `);
  });
});
