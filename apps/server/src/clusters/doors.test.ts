import { expect, it } from "vitest";
import { mergeDoors } from "./doors.ts";

it("one door leads to the routers from all clusters that reach the same address", () => {
  const merged = mergeDoors([
    { address: "192.0.2.1", from: ["10.1.0.0/16", "10.2.0.0/16"] },
    { address: "192.0.2.1", from: ["10.1.0.0/16", "10.9.0.0/16"] },
    { address: "192.0.2.2", from: ["10.9.0.0/16"] },
  ]);
  expect(merged).toEqual([
    { address: "192.0.2.1", from: ["10.1.0.0/16", "10.2.0.0/16", "10.9.0.0/16"] },
    { address: "192.0.2.2", from: ["10.9.0.0/16"] },
  ]);
  expect(
    mergeDoors([
      { address: "127.0.0.1", from: null },
      { address: "127.0.0.1", from: ["10.0.0.0/8"] },
    ]),
  ).toEqual([{ address: "127.0.0.1", from: null }]);
});
