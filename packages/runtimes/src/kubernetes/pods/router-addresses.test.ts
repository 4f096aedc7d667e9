import type { Pod } from "@berth/cluster";
import { expect, it } from "vitest";
import { findRouterAddresses } from "./router-addresses.ts";

interface Look {
  ready?: boolean;
  ending?: string;
  phase?: string;
  addresses?: string[];
}

function pod(number: number, { ready = true, ending, phase = "Running", addresses }: Look = {}): Pod {
  const podIPs = (addresses ?? [`10.0.0.${number}`]).map((ip) => ({ ip }));
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `router-${number}`, ...(ending && { deletionTimestamp: `2026-01-01T00:00:${ending}Z` }) },
    status: { phase, podIPs, conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
  };
}

it("routers are asked that are ready and stay", () => {
  const pods = [pod(3), pod(1), pod(2, { ready: false }), pod(4, { ending: "30" }), pod(5, { phase: "Succeeded" })];
  expect(findRouterAddresses(pods)).toEqual(["10.0.0.1", "10.0.0.3"]);
});

it("while none is ready and stays, one that is about to end is asked, and then one that only runs", () => {
  const ending = pod(4, { ending: "30" });
  const unready = pod(2, { ready: false });
  const endingUnready = pod(6, { ready: false, ending: "30" });
  expect(findRouterAddresses([unready, ending, endingUnready])).toEqual(["10.0.0.4"]);
  expect(findRouterAddresses([unready, endingUnready])).toEqual(["10.0.0.2"]);
  expect(findRouterAddresses([endingUnready])).toEqual(["10.0.0.6"]);
});

it("of several that are about to end the last is asked: what is out does not come back", () => {
  const pods = [pod(1, { ending: "30" }), pod(2, { ending: "45" })];
  expect(findRouterAddresses(pods)).toEqual(["10.0.0.2"]);
});

it("what does not run is not asked", () => {
  expect(findRouterAddresses([])).toEqual([]);
  expect(findRouterAddresses([pod(1, { phase: "Pending", addresses: [] }), pod(2, { phase: "Failed" })])).toEqual([]);
});

it("a router has an address of each family", () => {
  expect(findRouterAddresses([pod(1, { addresses: ["10.0.0.1", "fd00::1"] })])).toEqual(["10.0.0.1", "fd00::1"]);
});
