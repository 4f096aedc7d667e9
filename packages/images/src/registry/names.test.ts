import { expect, it } from "vitest";
import { appOf, isDigestOf, isReleaseTag, isRepositoryName, parseReference } from "./names.ts";

const hex = "a".repeat(64);

it("takes the names of the spec's grammar, and no others", () => {
  const good = ["shop", "shop/tools", "shop/a/b/c", "a.b", "a_b", "a__b", "a---b", `shop/${"x".repeat(250)}`];
  expect(good.filter((name) => !isRepositoryName(name))).toEqual([]);
  const bad = ["", "Shop", "/shop", "shop/", "shop//a", "shop/../notes", "shop/.a", "a..b", "a___b", "shop\n", "a b"];
  expect(bad.filter(isRepositoryName)).toEqual([]);
  expect(isRepositoryName(`shop/${"x".repeat(251)}`)).toBe(false);
});

it("finds the app of a repository", () => {
  expect(appOf("shop")).toBe("shop");
  expect(appOf("shop/tools/build")).toBe("shop");
});

it("tells digests from tags, and both from what is neither", () => {
  expect(parseReference(`sha256:${hex}`)).toEqual({ digest: `sha256:${hex}` });
  expect(parseReference(`sha512:${hex}${hex}`)).toEqual({ digest: `sha512:${hex}${hex}` });
  expect(parseReference("1.0_a-B")).toEqual({ tag: "1.0_a-B" });
  for (const text of [
    "",
    ".a",
    "-a",
    "a/b",
    "a b",
    "../a",
    "x".repeat(129),
    `sha256:${hex}0`,
    `sha256:${hex.toUpperCase()}`,
  ]) {
    expect(parseReference(text)).toBeNull();
  }
});

it("keeps the tags of releases for releases, under the app's own name alone", () => {
  for (const tag of ["v1", "v12", "v12-web"]) expect(isReleaseTag("shop", tag)).toBe(true);
  for (const tag of ["v1.2", "version", "1", "latest"]) expect(isReleaseTag("shop", tag)).toBe(false);
  expect(isReleaseTag("shop/tools", "v1")).toBe(false);
});

it("checks content against both kinds of digests", () => {
  const sha512 =
    "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
  expect(isDigestOf(sha512, Buffer.from("abc"))).toBe(true);
  expect(isDigestOf(sha512, Buffer.from("abd"))).toBe(false);
});
