import { BerthError, type DeployRequest, type Operation } from "@berth/core";
import { beforeEach, expect, test } from "vitest";
import { makeNewestDeploys, type NewestDeploys } from "./newest-deploys.ts";

const ada = { person: "ada", role: "deployer" } as const;
const grace = { person: "grace", role: "deployer" } as const;

let cancelled: string[];
let deploys: NewestDeploys;

beforeEach(() => {
  cancelled = [];
  deploys = makeNewestDeploys((id) => cancelled.push(id) > 0);
});

function makeRequest(parts: Partial<Pick<DeployRequest, "check" | "includes" | "environment">> = {}): DeployRequest {
  const request = { app: "shop", environment: "production", check: async () => undefined, includes: async () => true };
  return { ...request, ...parts } as DeployRequest;
}

function begin(id: string, actor: typeof ada | typeof grace, request = makeRequest()) {
  const done = Promise.withResolvers<Operation>();
  deploys.follow(request, actor, { operation: { id } as Operation, done: done.promise });
  return async () => {
    done.resolve({ id } as Operation);
    await done.promise;
  };
}

test("a deploy takes the place of an older one of the same person", async () => {
  begin("op_1", ada);
  await deploys.takePlace(makeRequest(), ada);
  expect(cancelled).toEqual(["op_1"]);
});

test.each([
  ["that somebody else asked for", makeRequest(), grace],
  ["of another environment", makeRequest({ environment: "preview" }), ada],
  ["that it does not bring along", makeRequest({ includes: async () => false }), ada],
  ["while it is stale itself", makeRequest({ check: () => Promise.reject(new BerthError("conflict", "stale")) }), ada],
])("a deploy leaves one alone %s", async (_, request, actor) => {
  begin("op_1", ada);
  await deploys.takePlace(request, actor);
  expect(cancelled).toEqual([]);
});

test("one that has ended is in nobody's way", async () => {
  const end = begin("op_1", ada);
  await end();
  await Promise.resolve();
  await deploys.takePlace(makeRequest(), ada);
  expect(cancelled).toEqual([]);
});
