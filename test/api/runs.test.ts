import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ask } from "./documented.ts";
import { givenLive, type Harness, openHarness } from "./harness.ts";

describe("a command beside a release", () => {
  let harness: Harness;
  const runs = "/apps/shop/environments/production/runs";

  beforeEach(async () => {
    harness = await openHarness();
    await givenLive(harness.store);
  });
  afterEach(() => harness.close());

  it("is run word by word, and its operation is the answer", async () => {
    const json = { argv: ["node", "report.js", "a b", ""], service: "web" };
    const { status, body } = await ask(harness, "POST", runs, { json });
    expect({ status, body }).toMatchObject({ status: 202, body: { kind: "run", state: "running", actor: "owner" } });
    await ask(harness, "POST", runs, { json: { argv: ["true"] } });
    expect(harness.deployments.asked).toMatchObject([
      { what: "run", request: { app: "shop", environment: "production", ...json }, actor: { person: "owner" } },
      { what: "run", request: { argv: ["true"], service: null } },
    ]);
  });

  it.each([
    ["no words", { argv: [] }, "argv"],
    ["no program", { argv: ["", "x"] }, "argv"],
    ["a NUL", { argv: ["a\0b"] }, "argv.0"],
    ["a line instead of words", { argv: "node report.js" }, "argv"],
    ["what is not known", { argv: ["true"], tty: true }, "body"],
  ])("is refused with %s", async (_, json, path) => {
    expect(await ask(harness, "POST", runs, { json })).toMatchObject({ status: 422, body: { path } });
  });

  it("tells what it prints, line by line", async () => {
    const { body } = await ask(harness, "POST", runs, { json: { argv: ["true"] } });
    const { id } = body as { id: string };
    const response = await harness.send("GET", `/operations/${id}/output`);
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    expect((await response.text()).split("\n").filter((line) => line !== "")).toEqual([
      '{"at":1,"stream":"stdout","text":"12 rows"}',
    ]);
    const token = harness.tokens.viewer;
    expect((await ask(harness, "GET", `/operations/${id}/output`, { token })).status).toBe(403);
    expect((await ask(harness, "GET", "/operations/op_none/output")).body).toMatchObject({
      code: "operation.not-found",
    });
  });

  it("is ended, as any operation", async () => {
    const { body } = await ask(harness, "POST", runs, { json: { argv: ["true"] } });
    const { id } = body as { id: string };
    expect(await ask(harness, "POST", `/operations/${id}/cancel`)).toMatchObject({ status: 202, body: { id } });
    expect(harness.deployments.asked.at(-1)).toMatchObject({ what: "cancel", request: { id } });
    expect((await ask(harness, "POST", "/operations/op_none/cancel")).status).toBe(404);
  });

  it("needs an environment that is there", async () => {
    expect(await ask(harness, "POST", "/apps/shop/environments/none/runs", { json: { argv: ["true"] } })).toMatchObject(
      { status: 404, body: { code: "environment.not-found" } },
    );
  });
});
