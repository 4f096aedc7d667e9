import type { ClusterStatus } from "@berth/core";
import { expect, test } from "vitest";
import { makeStyle } from "../framework/output.ts";
import { clustersText, clusterText } from "./clusters.ts";

const style = makeStyle(false);
const main: ClusterStatus = {
  name: "default",
  server: "https://192.0.2.1:6443",
  isReachable: true,
  problem: null,
  version: "1.35.4",
  nodes: 3,
  namespacePrefix: "berth-",
  environments: ["shop/production", "shop/try"],
  createdAt: null,
  createdBy: null,
};
const eu: ClusterStatus = {
  ...main,
  name: "eu",
  isReachable: false,
  problem: "The cluster at 192.0.2.9:6443 does not answer: nothing listens there.",
  version: null,
  nodes: null,
  environments: [],
};

test("says of each cluster what is on it, and why one is away", () => {
  expect(clustersText([main, eu], style)).toMatchInlineSnapshot(`
    "NAME     STATE      VERSION  NODES  NAMESPACES  ENVIRONMENTS
    default  reachable  1.35.4   3      berth-      shop/production, shop/try
    eu       away                       berth-      none
      The cluster at 192.0.2.9:6443 does not answer: nothing listens there."
  `);
});

test("says what was registered, and what to do next", () => {
  expect(clusterText({ ...main, name: "us", nodes: 1 }, style)).toMatchInlineSnapshot(`
    "✓ us is registered: Kubernetes 1.35.4 with 1 node at https://192.0.2.1:6443
      namespaces begin with berth-

    Next: berth move <environment> --to us"
  `);
});
