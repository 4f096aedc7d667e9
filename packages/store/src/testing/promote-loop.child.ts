import { writeSync } from "node:fs";
import { type Environment, type Log, quietLog, systemClock, systemRandom } from "@berth/core";
import { ada, givenLive, makeLine, makeSnapshot, origin, production } from "../conformance/fixtures.ts";
import { openSqliteStore } from "../sqlite/open.ts";

// Makes releases live as fast as it can and writes each version to stdout once it is acknowledged, until it is killed.
// Killed at any moment, what it has written must be found in the database: see sqlite/kill.test.ts.

const [file = ""] = process.argv.slice(2);
const log: Log = { ...quietLog, error: (fields, message) => writeSync(2, `${message} ${JSON.stringify(fields)}\n`) };
const store = await openSqliteStore({ file, clock: systemClock, random: systemRandom, log });

let environment: Environment =
  (await store.environments.get(production.app, production.environment)) ?? (await givenLive(store)).environment;

for (;;) {
  const { id } = await store.operations.start({ ...production, kind: "deploy" }, ada);
  await store.operations.append(id, [makeLine("one"), makeLine("two")]);
  const image = `web-${systemClock.now()}`;
  const release = { ...production, kind: "deploy" as const, carries: null, snapshot: makeSnapshot(image), origin };
  const created = await store.releases.create({ ...release, operation: id }, environment.revision, ada);
  const { version } = created.release;
  const ref = { branch: "main", commit: version.toString(16).padStart(40, "0") };
  const change = { ...production, version, ref };
  environment = (await store.releases.promote(change, created.environment.revision, ada)).environment;
  writeSync(1, `${version}\n`);
  await store.operations.finish(id, { ok: true, url: null });
  if (version % 10 === 0) await store.releases.prune(production, 20, []);
}
