import { expect, it } from "vitest";
import { parseTarget } from "./route.ts";

it.each([
  ["/v2", { kind: "base" }],
  ["/v2/", { kind: "base" }],
  ["/v2/token?service=x", { kind: "token" }],
  ["/v2/_catalog", { kind: "catalog" }],
  ["/v2/shop/manifests/latest", { kind: "manifest", repository: "shop", reference: "latest" }],
  ["/v2/shop/a/b/manifests/sha256%3Aabc", { kind: "manifest", repository: "shop/a/b", reference: "sha256:abc" }],
  ["/v2/shop/manifests/manifests/1", { kind: "manifest", repository: "shop/manifests", reference: "1" }],
  ["/v2/shop/blobs/sha256:abc", { kind: "blob", repository: "shop", digest: "sha256:abc" }],
  ["/v2/shop/blobs/uploads/", { kind: "uploads", repository: "shop" }],
  ["/v2/shop/blobs/uploads", { kind: "uploads", repository: "shop" }],
  ["/v2/shop/blobs/uploads/?digest=x", { kind: "uploads", repository: "shop" }],
  ["/v2/shop/blobs/uploads/0a1b", { kind: "upload", repository: "shop", id: "0a1b" }],
  ["/v2/shop/tags/list?n=2", { kind: "tags", repository: "shop" }],
  ["/v2/shop/referrers/sha256:abc", { kind: "referrers", repository: "shop", digest: "sha256:abc" }],
  // Whether a name fits is for whoever answers.
  ["/v2/../etc/manifests/1", { kind: "manifest", repository: "../etc", reference: "1" }],
])("reads %s", (url, route) => {
  expect(parseTarget(url)?.route).toEqual(route);
});

it.each([
  "/",
  "/v2x/",
  "/v1/_ping",
  "/v2/shop",
  "/v2/shop/",
  "/v2/manifests/latest",
  "/v2/blobs/uploads/",
  "/v2/shop/tags/all",
  "/v2/shop/manifests/",
  "/v2/shop/manifests/%zz",
])("finds nothing at %s", (url) => {
  expect(parseTarget(url)).toBeNull();
});
