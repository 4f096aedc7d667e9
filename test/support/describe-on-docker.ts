import { afterAll, beforeAll } from "vitest";
import { type Berth, startBerth } from "./berth.ts";
import { hasDocker, mirrors } from "./parts.ts";
import { describeWith } from "./requires.ts";

/** Tests that share one server whose apps run in containers, which `suite` is handed a way to. */
export async function describeOnDocker(suite: (berth: () => Berth) => void): Promise<void> {
  const { isThere, reason } = await hasDocker();
  describeWith("docker", isThere, reason, () => {
    let berth: Berth;
    beforeAll(async () => {
      berth = await startBerth({ BERTH_RUNTIME: "docker", BERTH_MIRRORS: mirrors });
    }, 60_000);
    afterAll(() => berth.stop(), 60_000);
    suite(() => berth);
  });
}
