import { expect, test } from "vitest";
import { parseImageName, qualifiedImage, shortImage } from "./image-name.ts";

test.each([
  ["node", "docker.io/library/node:latest"],
  ["node:24-slim", "docker.io/library/node:24-slim"],
  ["team/base:1", "docker.io/team/base:1"],
  ["index.docker.io/library/node:24", "docker.io/library/node:24"],
  ["localhost/base", "localhost/base:latest"],
  ["localhost:5055/team/base:1", "localhost:5055/team/base:1"],
  ["ghcr.io/team/app/base", "ghcr.io/team/app/base:latest"],
])("%s is %s in full", (name, full) => {
  expect(qualifiedImage(name)).toBe(full);
});

test("a digest stays part of the name", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  expect(parseImageName(`node:24@${digest}`)).toEqual({
    registry: "docker.io",
    repository: "library/node",
    tag: "24",
    digest,
  });
});

test("a short name leaves out what goes without saying", () => {
  expect(shortImage("docker.io/library/node:24-slim")).toBe("node:24-slim");
  expect(shortImage("ghcr.io/team/base:1")).toBe("ghcr.io/team/base:1");
});
