import { expect, it } from "vitest";
import { cacheEnv } from "./caches.ts";

it("leaves the place of Cargo's cache out of programs, unless it has a space in it", () => {
  const flagsIn = (shared: string) => cacheEnv(["cargo"], { shared, service: "/service" })["CARGO_BUILD_RUSTFLAGS"];
  expect(flagsIn("/cache")).toBe("--remap-path-prefix=/cache/cargo=/cargo");
  expect(flagsIn("/my cache")).toBeUndefined();
});

it("keeps the Maven that a wrapper brings beside what it brings", () => {
  const env = cacheEnv(["maven"], { shared: "/cache", service: "/service" });
  expect(env).toEqual({ MAVEN_OPTS: "-Dmaven.repo.local=/cache/maven", MAVEN_USER_HOME: "/cache/maven/.wrapper" });
});
