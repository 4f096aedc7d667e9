import { expect, it } from "vitest";
import { fromImages } from "./from-lines.ts";

it("finds the images that stages stand on", () => {
  const text = `# syntax=docker/dockerfile:1
ARG NODE=24
ARG MISSING
FROM --platform=$BUILDPLATFORM node:\${NODE}-slim AS build
RUN echo FROM nothing
FROM build AS test
FROM \${MISSING} AS other
FROM ghcr.io/some/image@sha256:${"a".repeat(64)}
FROM scratch
from debian:\${RELEASE:-bookworm}
`;
  expect(fromImages(text, {})).toEqual([
    "docker.io/library/node:24-slim",
    `ghcr.io/some/image:latest@sha256:${"a".repeat(64)}`,
    "docker.io/library/debian:bookworm",
  ]);
  expect(fromImages(text, { NODE: "22", MISSING: "alpine" })).toEqual([
    "docker.io/library/node:22-slim",
    "docker.io/library/alpine:latest",
    `ghcr.io/some/image:latest@sha256:${"a".repeat(64)}`,
    "docker.io/library/debian:bookworm",
  ]);
});
