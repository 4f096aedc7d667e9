import { afterEach, beforeEach, expect, test } from "vitest";
import { type Harbour, startHarbour } from "./testing/harbour.ts";

let harbour: Harbour;
beforeEach(async () => {
  harbour = await startHarbour();
});
afterEach(() => harbour.close());

test("the first push makes the app, deploys production and moves the ref", async () => {
  const copy = await harbour.workingCopy("shop", { "server.js": "1" });
  const { code, output } = await harbour.git(copy, ["push", harbour.url("shop"), "main"]);
  expect(output).toContain("[new branch]      main -> main");
  expect(code).toBe(0);
  expect(await harbour.store.apps.get("shop")).toMatchObject({ defaultBranch: "main", createdBy: "ada" });
  expect(await harbour.refAt("shop", "refs/heads/main")).toMatch(/^[\da-f]{40}$/);
  expect(harbour.deployments.deployed).toMatchObject([
    { app: "shop", environment: "production", origin: { branch: "main", message: "Begin", author: "Ada" } },
  ]);
});
