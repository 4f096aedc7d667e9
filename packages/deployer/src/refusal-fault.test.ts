import type { ObservedInstance } from "@berth/core";
import { expect, it } from "vitest";
import { refusalFault } from "./refusal-fault.ts";

const reason = "it needs more than the environment's quota allows: it asks for pods=1";
const instance: ObservedInstance = {
  id: "web-1",
  workload: "w",
  state: "ready",
  startedAt: 0,
  readyAt: 0,
  restarts: 0,
  lastExit: null,
  endpoint: null,
  memoryBytes: null,
  reason: null,
  elsewhereSince: null,
  givenUpAt: null,
};
const web = { service: "web", replicas: 60, refusal: { reason, at: 0 }, instances: [instance, instance] };

it("says how many instances are there, why no more are made, and what to do", () => {
  expect(refusalFault(web)).toEqual({
    message: `2 of 60 instances are there: ${reason}.`,
    hint: expect.stringContaining("BERTH_QUOTA"),
  });
});

it("counts none that is stopping", () => {
  const instances = [{ ...instance, state: "stopping" as const }];
  expect(refusalFault({ ...web, replicas: 1, instances })?.message).toContain("0 of 1 instance is there");
});

it("says nothing where all are there, or nothing is refused", () => {
  expect(refusalFault({ ...web, replicas: 2 })).toBeNull();
  expect(refusalFault({ ...web, refusal: null })).toBeNull();
});
