import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask } from "./documented.ts";
import { givenLive, type Harness, openHarness } from "./harness.ts";

const release = "/apps/shop/environments/production/releases/1";

describe("provenance over the API", () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await openHarness();
    await givenLive(harness.store);
  });
  afterAll(() => harness.close());

  it("is told to viewers: the key, how a release was made, whether that is true, and the documents", async () => {
    const request = { token: harness.tokens.viewer };
    const paths = [
      "/provenance-key",
      `${release}/provenance`,
      `${release}/verification`,
      `${release}/services/web/provenance`,
      `${release}/services/web/sbom`,
    ];
    for (const path of paths) expect((await ask(harness, "GET", path, request)).status).toBe(200);
    expect((await ask(harness, "GET", "/provenance-key", { token: null })).status).toBe(401);
  });

  it("is of a release and a service that are there", async () => {
    const other = release.replace(/1$/, "9");
    for (const path of [`${other}/verification`, `${other}/provenance`, `${other}/services/web/sbom`])
      expect(await ask(harness, "GET", path)).toMatchObject({ status: 404, body: { code: "release.not-found" } });
    expect(await ask(harness, "GET", `${release}/services/no/sbom`)).toMatchObject({
      status: 404,
      body: { code: "not-found", path: "no", hint: "It has web, worker." },
    });
  });
});
