import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { answering, manifest } from "../support/programs.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { describeWith } from "../support/requires.ts";

const home = mkdtempSync(join(tmpdir(), "berth-small-"));
const isMounted = mount();

function mount(): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64m,mode=700", "tmpfs", home], { stdio: "pipe" });
    return true;
  } catch {
    rmSync(home, { recursive: true });
    return false;
  }
}

describeWith("a small disk", isMounted, "mounting one needs root", () => {
  let berth: Berth;
  let repository: Repository;
  const ballast = join(home, "ballast");

  /** Leaves this many bytes free on the disk, or fewer where the server writes meanwhile. */
  function fill(freeBytes: number) {
    const { bavail, bsize } = statfsSync(home);
    try {
      writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - freeBytes), 1));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
    }
  }

  beforeAll(async () => {
    berth = await startBerth({ BERTH_HOME: home });
    repository = await makeRepository(berth, "skiff", {
      "package.json": manifest("skiff"),
      "server.js": answering("afloat"),
    });
    await repository.deploy();
  });
  afterAll(async () => {
    repository.remove();
    await berth.stop();
    execFileSync("umount", ["--lazy", home]);
    rmSync(home, { recursive: true });
  });

  async function pushAgain(text: string, files: Record<string, string> = {}) {
    repository.write({ "server.js": answering(text), ...files });
    await repository.commit(`Say ${text}`);
    return await repository.push();
  }

  it("a build that fills it is refused with the reason, and the next push works", async () => {
    const build = "node -e \"require('fs').writeFileSync('huge', Buffer.alloc(80 * 2 ** 20))\"";
    const { ok, output } = await pushAgain("sunk", { "package.json": manifest("skiff", { build }) });
    expect(ok).toBe(false);
    expect(output).toMatch(/ENOSPC|disk .*full|No space left/i);
    expect((await berth.get("skiff.localhost")).body).toBe("afloat");
    expect((await pushAgain("bailed out", { "package.json": manifest("skiff") })).ok).toBe(true);
    expect((await berth.get("skiff.localhost")).body).toBe("bailed out");
  });

  it("a push for which there is no room is refused with the reason, and works once there is", async () => {
    fill(64 * 1024);
    const refused = await pushAgain("too much", { "cargo.txt": "x".repeat(4 * 2 ** 20) });
    expect(refused.ok).toBe(false);
    expect(refused.output).toMatch(/disk .*full|No space left/i);
    expect((await berth.get("skiff.localhost")).body).toBe("bailed out");
    rmSync(ballast);
    await repository.deploy();
    expect((await berth.get("skiff.localhost")).body).toBe("too much");
  });

  it("a disk without a byte left keeps what is live served, and says what to do", async () => {
    fill(0);
    const refused = await pushAgain("one more");
    expect(refused.ok).toBe(false);
    expect(refused.output).toMatch(/disk .*full|No space left/i);
    expect((await berth.get("skiff.localhost")).body).toBe("too much");
    rmSync(ballast);
    await repository.deploy();
    expect((await berth.get("skiff.localhost")).body).toBe("one more");
  });
});
