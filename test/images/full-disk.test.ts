import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { hasDocker, mirrors } from "../support/parts.ts";
import { answering, manifest } from "../support/programs.ts";
import { describeWith } from "../support/requires.ts";
import { openInstallation, openRepository, pushRefused } from "./installation.ts";
import { expectWholeStore, partialsOf } from "./stored.ts";

const { isThere, reason } = await hasDocker();
const home = mkdtempSync(join(tmpdir(), "berth-small-home-"));
const isMounted = mount("size=48m,mode=700");

function mount(options: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", home], { stdio: "pipe" });
    return true;
  } catch {
    rmSync(home, { recursive: true });
    return false;
  }
}

describeWith("docker", isThere, reason, () => {
  describeWith("a small disk", isMounted, "mounting one needs root", () => {
    afterAll(() => {
      execFileSync("umount", ["--lazy", home]);
      rmSync(home, { recursive: true });
    });

    it("has no room for a base: the push says so, and the next one works where there is room", async () => {
      const berth = await openInstallation({
        BERTH_HOME: home,
        BERTH_RUNTIME: "docker",
        BERTH_BUILDER: "host",
        BERTH_MIRRORS: mirrors,
      });
      const repository = await openRepository(berth, "ballast", {
        "package.json": manifest("ballast"),
        "server.js": answering("upright"),
      });
      const output = await pushRefused(berth, repository);
      expect(output).toMatch(/failed +node:24-slim takes \d+ MiB\. The disk that holds BERTH_HOME has \d+ MiB free/);
      expect(output).toMatch(/hint +Free some space/);
      execFileSync("mount", ["-o", "remount,size=1g", home]);
      await repository.deploy();
      expect((await berth.get("ballast.localhost")).body).toBe("upright");
      expect(partialsOf(berth)).toEqual([]);
      await expectWholeStore(berth);
    }, 120_000);
  });
});
