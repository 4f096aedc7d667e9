import { describe, expect, test, vi } from "vitest";
import { describeWith } from "./requires.ts";

const ran: string[] = [];

describeWith("a part that is there", true, "", () => {
  test("its tests run", () => {
    ran.push("there");
    expect(ran).toEqual(["there"]);
  });
});

describe("a part that is missing", () => {
  test("is an error in CI, with the reason", () => {
    vi.stubEnv("CI", "true");
    expect(() => describeWith("docker", false, "no socket", () => {})).toThrow("docker is missing in CI: no socket");
    vi.unstubAllEnvs();
  });
});
