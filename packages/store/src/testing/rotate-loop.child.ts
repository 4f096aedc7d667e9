import { writeSync } from "node:fs";
import { join } from "node:path";
import { quietLog, systemClock, systemRandom } from "@berth/core";
import { keyFile } from "../config-keys/key-source.ts";
import { openConfigVault } from "../config-keys/open-vault.ts";
import { ada, givenEnvironment } from "../conformance/fixtures.ts";
import { openSqliteStore } from "../sqlite/open.ts";

// Changes the key of values again and again until it is killed: see config-keys/vault.test.ts.

const [folder = ""] = process.argv.slice(2);
const common = { clock: systemClock, random: systemRandom, log: quietLog };
const store = await openSqliteStore({ file: join(folder, "berth.db"), ...common });
await givenEnvironment(store);
const vault = await openConfigVault({ source: keyFile(join(folder, "config-keys")), store, ...common });
if ((await store.config.list("shop")).length === 0) {
  const texts = Array.from({ length: 300 }, () => "hunter2");
  await vault.seal("shop", texts, (values) => {
    const set = values.map((value, index) => ({ scope: "all", service: null, key: `KEY_${index}`, value }));
    return store.config.change("shop", { set, unset: [] }, ada);
  });
}
for (;;) {
  await vault.rotate(ada);
  writeSync(1, "rotating\n");
  while ((await vault.rotation()).before.length > 0) await systemClock.sleep(1);
}
