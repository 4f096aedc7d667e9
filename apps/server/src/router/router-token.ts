import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hasCode, type Random } from "@berth/core";

/** What routers of this installation have to show: as it is set, or one that is drawn once and kept for the owner of BERTH_HOME. */
export function readRouterToken(home: string, given: string | null, random: Random): string {
  if (given !== null) return given;
  const file = join(home, "router-token");
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
  const drawn = Buffer.from(random.bytes(32)).toString("hex");
  writeFileSync(file, `${drawn}\n`, { mode: 0o600 });
  return drawn;
}
