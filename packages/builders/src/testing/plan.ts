import type { BuildPlan, BuildRequest, BuildSink, BuildStep } from "@berth/core";
import { makeTestTree } from "@berth/core/testing";
import type { TestFiles } from "@berth/core/testing";

export const never = new AbortController().signal;

export function makeStep(step: Partial<BuildStep> & Pick<BuildStep, "command">): BuildStep {
  return {
    name: "build",
    layer: "app",
    inputs: "all",
    env: {},
    caches: [],
    network: false,
    timeoutMs: 60_000,
    ...step,
  };
}

export function makePlan(plan: Partial<BuildPlan> = {}): BuildPlan {
  return {
    stack: "node",
    findings: [],
    base: { image: "docker.io/library/node:24-slim", digest: null },
    buildImage: null,
    dockerfile: null,
    tools: {},
    steps: [],
    contents: { dependencies: [], app: "all", support: [] },
    command: { argv: ["node", "server.js"] },
    env: {},
    programs: [],
    writable: [],
    ...plan,
  };
}

export function makeRequest(files: TestFiles, plan: BuildPlan, more: Partial<BuildRequest> = {}): BuildRequest {
  return {
    app: "shop",
    service: "web",
    commit: null,
    plan,
    source: makeTestTree(files),
    env: {},
    secrets: {},
    ...more,
  };
}

/** A sink that remembers what it was told. */
export function makeSink(): BuildSink & { told: string[] } {
  const told: string[] = [];
  return {
    told,
    start: (step, text) => void told.push(`[${step}] ${text}`),
    line: (text) => void told.push(text),
    end: (step) => void told.push(`[/${step}]`),
  };
}
