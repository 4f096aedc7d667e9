import { expect, test } from "vitest";
import { defaultPreviews } from "../previews.ts";
import { parseBerthYaml } from "./parse.ts";
import { resolvePreviews } from "./previews.ts";

const services = [{ name: "web" }, { name: "api" }];
const resolve = (text: string, release: string | null = null) =>
  resolvePreviews(
    parseBerthYaml(text).previews,
    services,
    release === null ? null : { command: { argv: ["true"] }, service: release, timeoutMs: 1 },
  );

test("fills in every default", () => {
  expect(resolve("name: shop")).toEqual(defaultPreviews);
  expect(resolve("previews: {}")).toEqual(defaultPreviews);
});

test("takes what is said", () => {
  const text = "previews: { ttl: 12h, cap: 5, services: [api], env: { A: 1 }, sleep: false, protected: true }";
  expect(resolve(text)).toEqual({
    ttlMs: 43_200_000,
    cap: 5,
    services: ["api"],
    env: { A: "1" },
    sleep: false,
    isProtected: true,
  });
  expect(resolve("previews: { ttl: never }").ttlMs).toBeNull();
});

test("refuses a service that is not there, and to leave out the one that the release command runs as", () => {
  expect(() => resolve("previews: { services: [web, shop] }")).toThrow(
    "previews.services[1]: expected one of the services (web, api)",
  );
  expect(() => resolve("previews: { services: [api] }", "web")).toThrow(
    "previews.services: expected web among them, which the release command runs as",
  );
});
