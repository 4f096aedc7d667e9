import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkAppName,
  checkEnvironmentName,
  environmentHost,
  environmentNameOf,
  isAppName,
  parseHost,
  permalinkHost,
  suggestAppName,
} from "./names.ts";

const none = () => false;

describe("app names", () => {
  it.each(["shop", "my-shop", "a1b", "a".repeat(30)])("takes %s", (name) => {
    expect(() => checkAppName(name)).not.toThrow();
  });

  it.each([
    "",
    "ab",
    "Shop",
    "1shop",
    "shop-",
    "my--shop",
    "a".repeat(31),
    "api",
    "v12",
    "production",
    "a_b",
    "../etc",
  ])("refuses %j", (name) => {
    expect(() => checkAppName(name)).toThrow(/app name/);
  });

  it.each([
    ["My Shop!", "my-shop"],
    ["2048-game", "game"],
    ["api", "api-app"],
    ["Größe und Maß", "grosse-und-mass"],
    ["Crème brûlée", "creme-brulee"],
    ["日本", null],
    ["x".repeat(50), "x".repeat(30)],
  ])("suggests for %j %j", (text, name) => {
    expect(suggestAppName(text)).toBe(name);
  });

  it("suggests only names that it takes", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const name = suggestAppName(text);
        expect(name === null || isAppName(name)).toBe(true);
      }),
    );
  });
});

describe("environment names of branches", () => {
  it("are the branch as a slug", () => {
    expect(environmentNameOf("shop", "feature/Login", none)).toBe("feature-login");
    expect(environmentNameOf("shop", "fix_1.2--x", none)).toBe("fix-1-2-x");
  });

  it("get a stable short hash where the slug is taken, reserved, too long or nothing", () => {
    expect(environmentNameOf("shop", "feature-login", (name) => name === "feature-login")).toMatch(
      /^feature-login-[0-9a-f]{6}$/,
    );
    expect(environmentNameOf("shop", "v2", none)).toMatch(/^v2-[0-9a-f]{6}$/);
    expect(environmentNameOf("shop", "production", none)).toMatch(/^production-[0-9a-f]{6}$/);
    expect(environmentNameOf("shop", "日本", none)).toMatch(/^b-[0-9a-f]{6}$/);
    const long = environmentNameOf("shop", `feature/${"x".repeat(100)}`, none);
    expect(long).toBe(environmentNameOf("shop", `feature/${"x".repeat(100)}`, none));
    expect(long).not.toBe(environmentNameOf("shop", `feature/${"x".repeat(101)}`, none));
  });

  it("never get the name of another, though that looks like theirs with its hash", () => {
    const short = environmentNameOf("shop", "console", none);
    const longer = environmentNameOf("shop", "console", (name) => name === short);
    expect(longer).toMatch(/^console-[0-9a-f]{8}$/);
    const taken = new Set([short, longer]);
    const longest = environmentNameOf("a".repeat(30), "console", (name) => taken.has(name) || name.length < 21);
    expect(longest).toMatch(/^console-[0-9a-f]{20}$/);
    expect(environmentNameOf("a".repeat(30), "x".repeat(90), () => true)).toHaveLength(31);
  });

  it("always make a host that leads back to them, in a label of at most 63 characters", () => {
    fc.assert(
      fc.property(fc.constantFrom("shop", "a".repeat(30), "my-shop"), fc.string({ minLength: 1 }), (app, branch) => {
        const environment = environmentNameOf(app, branch, none);
        const host = environmentHost(app, environment, "localhost");
        expect(host.split(".")[0]!.length).toBeLessThanOrEqual(63);
        expect(parseHost(host, "localhost")).toEqual({ kind: "environment", app, environment });
      }),
    );
  });
});

describe("an environment's name that does not fit", () => {
  it.each([
    ["feature/login", "feature-login"],
    ["Staging", "staging"],
    ["v3", "v3-e0d274"],
  ])("is told what a branch called %s has", (name, meant) => {
    expect(() => checkEnvironmentName("shop", name)).toThrow(
      expect.objectContaining({ code: "input.invalid", hint: expect.stringContaining(`has ${meant}, or what`) }),
    );
  });
});

describe("hosts", () => {
  it.each([
    ["localhost", { kind: "berth" }],
    ["Shop.LOCALHOST.", { kind: "environment", app: "shop", environment: "production" }],
    ["shop--feature-login.localhost", { kind: "environment", app: "shop", environment: "feature-login" }],
    ["shop--v12.localhost", { kind: "release", app: "shop", version: 12 }],
    ["a.shop.localhost", null],
    ["example.org", null],
    ["evillocalhost", null],
  ])("reads %s", (host, target) => {
    expect(parseHost(host, "localhost")).toEqual(target);
  });

  it("of a release is its permalink", () => {
    expect(parseHost(permalinkHost("shop", 7, "apps.example.org"), "apps.example.org")).toEqual({
      kind: "release",
      app: "shop",
      version: 7,
    });
  });
});
