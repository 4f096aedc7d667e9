import type { BuildPlan, Provenance } from "@berth/core";

export const testPlan: BuildPlan = {
  stack: "node",
  findings: [{ what: "Node 24", from: "package.json engines.node" }],
  base: { image: "docker.io/library/node:24-slim", digest: `sha256:${"b".repeat(64)}` },
  buildImage: null,
  dockerfile: null,
  tools: { node: "24" },
  steps: [],
  contents: { dependencies: [], app: "all", support: [] },
  command: { argv: ["node", "server.js"] },
  env: { NODE_ENV: "production" },
  programs: ["node_modules/.bin"],
  writable: [],
};

export const testProvenance: Provenance = {
  app: "shop",
  service: "web",
  commit: "c".repeat(40),
  tree: "d".repeat(40),
  plan: testPlan,
  builder: { name: "host", version: "1" },
  platform: { os: "linux", architecture: "amd64", libc: "glibc" },
  abi: { node: "137" },
  buildEnv: { PUBLIC_URL: "https://example.org" },
  buildSecrets: ["NPM_TOKEN"],
  tools: { node: "24.18.1" },
  operation: "op_1",
  startedAt: 1_767_225_600_000,
  finishedAt: 1_767_225_601_500,
};
