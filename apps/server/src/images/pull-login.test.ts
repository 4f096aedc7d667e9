import { expect, it } from "vitest";
import { withPullLogin } from "./pull-login.ts";

it("the password of nodes is good for pulling, and others are asked about as before", async () => {
  const authenticate = withPullLogin(
    async (secret) => (secret === "berth_ada" ? { person: "ada", role: "owner" } : null),
    "for reading",
  );
  expect(await authenticate("for reading")).toEqual({ person: "nodes", role: "viewer" });
  expect(await authenticate("berth_ada")).toEqual({ person: "ada", role: "owner" });
  expect(await authenticate("")).toBeNull();
});
