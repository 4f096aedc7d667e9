import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { startTestRegistry } from "../../packages/images/src/registry/testing/registry.ts";
import { describeWith } from "../support/requires.ts";

const mebibyte = 2 ** 20;
const home = mkdtempSync(join(tmpdir(), "berth-small-registry-"));
const isMounted = mount();

function mount(): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=16m,mode=700", "tmpfs", home], { stdio: "pipe" });
    return true;
  } catch {
    rmSync(home, { recursive: true });
    return false;
  }
}

describeWith("a small disk", isMounted, "mounting one needs root", () => {
  afterAll(() => {
    execFileSync("umount", ["--lazy", home]);
    rmSync(home, { recursive: true });
  });

  it("fills in the middle of an upload, which goes on where it broke off once there is room", async () => {
    const { send, image } = await startTestRegistry(home);
    const ballast = join(home, "ballast");
    writeFileSync(ballast, Buffer.alloc(10 * mebibyte));
    const content = randomBytes(10 * mebibyte);
    const { location = "" } = (await send("POST", "/v2/shop/blobs/uploads/")).headers;
    const full = await send("PATCH", location, { headers: { "transfer-encoding": "chunked" }, body: content });
    expect(full.status).toBe(507);
    expect(full.json()).toMatchObject({
      errors: [{ code: "UNAVAILABLE", message: expect.stringContaining("is full") }],
    });
    await expect(image("shop", "1", "layer")).rejects.toThrow("507");

    rmSync(ballast);
    const { range = "" } = (await send("GET", location)).headers;
    const there = Number(range.split("-")[1]) + 1;
    expect(there).toBeGreaterThan(0);
    expect(there).toBeLessThan(content.length);
    const digest = `sha256:${createHash("sha256").update(content).digest("hex")}`;
    const rest = await send("PUT", `${location}?digest=${digest}`, { body: content.subarray(there) });
    expect(rest.status).toBe(201);
    expect((await send("GET", `/v2/shop/blobs/${digest}`)).body.equals(content)).toBe(true);
    await image("shop", "1", "layer");
  });
});
