import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { hasDocker, registryUrl } from "../support/parts.ts";
import { answering, manifest } from "../support/programs.ts";
import { describeWith } from "../support/requires.ts";
import { openInstallation, openRepository } from "./installation.ts";
import { startMirror } from "./mirror.ts";
import { hangsUpOnUploads } from "./misdeeds.ts";
import { expectWholeStore, imagesOf } from "./stored.ts";

const { isThere, reason } = await hasDocker();
/** No two runs have the same, for the registry is everyone's. */
const team = `bad-input-${randomBytes(4).toString("hex")}`;
const accept = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json";

describeWith("a registry outside", isThere, reason, () => {
  it("refuses the push where that stops half-way, and sends the image with the next", async () => {
    const registry = await startMirror();
    const berth = await openInstallation({ BERTH_REGISTRY: `${registry.host}/${team}` });
    const repository = await openRepository(berth, "exporter", {
      "package.json": manifest("exporter"),
      "server.js": answering("shipped"),
    });
    registry.misdeed = hangsUpOnUploads;
    const { ok, output } = await repository.push();
    expect(ok).toBe(false);
    expect(output).toMatch(/failed +The image could not be pushed to .*exporter: .* closed the connection/);
    expect(output).toMatch(/hint +Try again when .* BERTH_REGISTRY/);
    expect((await berth.get("exporter.localhost")).status).toBe(404);
    // The image itself is whole, and need not be built again.
    await expectWholeStore(berth);
    registry.misdeed = null;
    await repository.deploy();
    expect((await berth.get("exporter.localhost")).body).toBe("shipped");
    const [digest] = await imagesOf(berth);
    const manifestUrl = `${registryUrl}/v2/${team}/exporter/manifests/${digest}`;
    expect((await fetch(manifestUrl, { headers: { accept } })).status).toBe(200);
    const tagged = await fetch(`${registryUrl}/v2/${team}/exporter/manifests/v1`, { headers: { accept } });
    expect(tagged.headers.get("docker-content-digest")).toBe(digest);
    expect((await fetch(manifestUrl, { method: "DELETE" })).status).toBe(202);
  }, 120_000);
});
