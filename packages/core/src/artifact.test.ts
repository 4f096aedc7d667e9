import { expect, it } from "vitest";
import type { Provenance } from "./artifact.ts";
import { baseOf, fromTool } from "./artifact.ts";

const digest = `sha256:${"a".repeat(64)}`;

function base(image: string, dockerfile: string | null, tools: Record<string, string> = {}) {
  const plan = { base: { image, digest: null }, dockerfile } as Provenance["plan"];
  return baseOf({ plan, tools });
}

it("lies on its plan's base, and on what its Dockerfile begins with", () => {
  const image = "docker.io/library/python:3-slim";
  const tools = { docker: "28.2.2", [fromTool(image)]: digest };
  expect(base(image, null, tools)).toEqual({ image, digest: null });
  expect(base(image, "Dockerfile", tools)).toEqual({ image, digest });
  expect(base(image, "Dockerfile")).toEqual({ image, digest: null });
  expect(base("docker.io/library/scratch", "Dockerfile")).toBeNull();
  expect(base("docker.io/library/scratch:latest", "Dockerfile")).toBeNull();
});
