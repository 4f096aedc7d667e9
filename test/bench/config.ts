// A thousand variables of an app: sealed and stored as one change, and read again as a release reads them. The store is on a disk, as a server's.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Actor, quietLog, systemClock, systemRandom } from "../../packages/core/src/index.ts";
import { keyFile, openConfigVault, openSqliteStore } from "../../packages/store/src/index.ts";
import type { Quantity } from "./support/quantities.ts";

const keys = 1_000;
const ada: Actor = { person: "ada", role: "owner" };

export async function benchConfig(rounds: number): Promise<Quantity[]> {
  const folder = mkdtempSync(join(tmpdir(), "berth-bench-"));
  const common = { clock: systemClock, random: systemRandom, log: quietLog };
  const store = await openSqliteStore({ file: join(folder, "berth.db"), ...common });
  const vault = await openConfigVault({ source: keyFile(join(folder, "config-keys")), store, ...common });
  const both: number[] = [];
  const writing: number[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      const app = `shop-${round}`;
      await store.apps.create({ name: app, defaultBranch: null }, ada);
      const texts = Array.from({ length: keys }, (_, index) => `value ${index} of round ${round}, some 40 bytes`);
      const begin = performance.now();
      await vault.seal(app, texts, (values) => {
        const set = values.map((value, index) => ({ scope: "production", service: null, key: `KEY_${index}`, value }));
        return store.config.change(app, { set, unset: [] }, ada);
      });
      const stored = performance.now();
      const entries = await store.config.list(app);
      const values = await store.config.values(
        app,
        entries.map(({ value }) => value),
      );
      if (values.map(vault.open).length !== keys) throw new Error("not all could be read");
      both.push(performance.now() - begin);
      writing.push(stored - begin);
    }
  } finally {
    await vault.close();
    await store.close();
    rmSync(folder, { recursive: true });
  }
  return [
    { what: "1,000 config keys sealed and read", values: both, unit: "ms", floor: null, goal: { p50: 20 } },
    { what: "… of it, sealed and stored so that they last", values: writing, unit: "ms", floor: null, goal: {} },
  ];
}
