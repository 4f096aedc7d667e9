import { noUsage, quietLog } from "@berth/core";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  ada,
  givenLive,
  givenPending,
  makeArtifact,
  makeDigest,
  makeLine,
  makeTestClock,
  production,
  testRandom,
} from "../conformance/fixtures.ts";
import { openConnection } from "./connection.ts";
import { applyMigrations } from "./migrate.ts";
import { makeSqliteStore } from "./store.ts";
import { makeTestFolder } from "../testing/folder.ts";

/** Those that want a whole table: a list of all that there is, or the nightly look for what nobody needs. */
const wholeTables = [
  { from: "tokens", why: "all tokens are listed" },
  { from: "config_values", why: "the keys that values are sealed with are listed at the start" },
  { from: "clusters", why: "all clusters are listed" },
  { from: "environment_ports", why: "all ports are listed" },
  { from: "artifacts", why: "artifacts without a release are looked for when pruning" },
];

async function givenStore() {
  const file = join(await makeTestFolder(), "berth.db");
  const connection = openConnection(file);
  applyMigrations(connection, file);
  const statements = new Set<string>();
  const statementLog = { logQuery: (sql: string) => void statements.add(sql) };
  const fixed = { clock: makeTestClock(), random: testRandom, log: quietLog, statementLog };
  const store = makeSqliteStore({ ...fixed, connection, file, sync: async () => undefined, release: () => undefined });
  onTestFinished(() => store.close());
  const explain = (sql: string) =>
    connection
      .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...Array.from(sql.matchAll(/\?/g), () => 1))
      .map(({ detail }) => detail);
  return { store, statements, explain };
}

type Subject = Awaited<ReturnType<typeof givenStore>>["store"];

/** Calls every method once. */
async function useEverything(store: Subject): Promise<void> {
  const scope = production;
  await givenLive(store);
  await givenLive(store);
  await givenPending(store);
  const { operation } = (await store.releases.get(scope, 3))!;
  await store.releases.fail({ ...scope, version: 3, reason: "no" }, ada);
  await store.releases.list(scope, { limit: 10 });
  await store.releases.superseded(scope, 2);
  await store.releases.images("shop");
  await store.releases.prune(scope, 1, []);
  await store.apps.list({ limit: 10 });
  await store.apps.setDefaultBranch("shop", "main", ada);
  await store.environments.list("shop");
  await store.environments.listActive();
  await store.environments.listPendingRefs();
  await store.environments.listShortLived();
  await store.environments.used([{ ...scope, at: 1 }]);
  await store.environments.setRules("shop", "production", { ttlMs: 1, isProtected: true }, ada);
  await store.environments.keep("shop", "production", null, ada);
  await store.environments.revokeShares("shop", "production", ada);
  await store.environments.findByBranch("shop", "main");
  await store.environments.clearPendingRef("shop", "production");
  await store.environments.ports(scope, ["web"], () => 20_000);
  await store.environments.allPorts();
  await store.workloads.record(scope, ["a"]);
  await store.workloads.list(scope);
  await store.workloads.forget(scope, "a");
  const wake = { ...scope, service: "web", workload: "w", startedAt: 1, endedAt: 2, reason: null, phases: [] };
  const cause = { kind: "request", by: "curl" } as const;
  await store.wakes.add({ ...wake, id: "wk_1", cause, state: "succeeded", current: null });
  await store.wakes.get(scope, "wk_1");
  await store.wakes.list({ ...scope, service: "web" }, { limit: 10 });
  const drill = { ...scope, operation, version: 1, live: 2, at: 1, by: "ada", services: [], probes: [] };
  await store.drills.add({ ...drill, outcome: "passed" }, ada);
  await store.drills.get(scope, operation);
  await store.drills.latest(scope, 1);
  await store.usage.add([{ ...noUsage, ...scope, service: "web", at: 0 }]);
  await store.usage.list(scope, 0);
  await store.usage.list({ ...scope, service: "web" }, 0);
  const name = { scope: "all", service: null, key: "A" };
  const value = { id: "v", app: "shop", sealed: "x", keyId: "k" };
  await store.config.change("shop", { set: [{ ...name, value }], unset: [{ ...name, key: "B" }] }, ada);
  await store.config.list("shop");
  await store.config.draw(scope, [{ service: null, key: "S", value: { ...value, id: "s" } }]);
  await store.config.generated(scope);
  await store.config.values("shop", ["v"]);
  await store.config.keyIds();
  await store.config.listSealedOtherwise("k", 1);
  await store.config.reseal([{ ...value, from: "k" }]);
  await store.artifacts.put(makeArtifact("web", "key", 1));
  await store.artifacts.get(makeDigest("web"));
  await store.artifacts.findByKey("key");
  await store.artifacts.listUnreferenced(10);
  await store.artifacts.delete(makeDigest("other"));
  await store.operations.append(operation, [makeLine("x")]);
  await store.operations.events(operation, 0);
  await store.operations.get(operation);
  await store.operations.listRunning();
  for (const filter of [{}, { app: "shop" }, scope]) await store.operations.list(filter, { limit: 10 });
  await store.operations.finish(operation, { ok: true, url: null });
  await store.operations.prune(Number.MAX_SAFE_INTEGER);
  const token = await store.tokens.create({ person: "ada", role: "owner", note: "", hash: "00" }, ada);
  await store.tokens.findByHash("00");
  await store.tokens.touch(token.id);
  await store.tokens.list();
  await store.tokens.delete(token.id, ada);
  await store.audit.list({}, { limit: 10 });
  await store.audit.list({ app: "shop" }, { limit: 10 });
  await store.changes.since(0, 10);
  await store.changes.latest();
  const options = { namespacePrefix: "x-", registry: null, routerAddresses: null, ranges: null, quota: null };
  await store.clusters.create({ name: "eu", options, identity: "one" }, ada);
  await store.clusters.get("eu");
  await store.clusters.list();
  await store.clusters.delete("eu", ada);
  await store.installation.getOrMake("key", () => "1");
  await store.environments.delete("shop", "production", ada);
  await store.apps.delete("shop", ada);
}

test("no statement reads a whole table or sorts what an index has in order", async () => {
  const { store, statements, explain } = await givenStore();
  await useEverything(store);
  expect(statements.size).toBeGreaterThan(45);
  const slow = [...statements].flatMap((sql) => {
    const isPage = sql.includes(" limit ?");
    const steps = explain(sql).filter(
      (step) =>
        (step.includes("TEMP B-TREE") && !sortsFew(sql)) ||
        (step.startsWith("SCAN ") && !isPage && !isBounded(sql, step)),
    );
    return steps.map((step) => `${step}: ${sql}`);
  });
  expect(slow).toEqual([]);
});

/** The records of one image: as many as there were ways to make it. */
function sortsFew(sql: string): boolean {
  return sql.includes('where "artifacts"."digest" = ?');
}

/** A scan that reads one row, what was handed in as JSON, the few rows of a partial index, or a table that is meant to be read whole. */
function isBounded(sql: string, step: string): boolean {
  if (step.startsWith("SCAN json_each")) return true;
  if (step.includes("CONSTANT ROW") || sql.includes("coalesce(max(")) return true;
  if (
    /USING (COVERING )?INDEX (environments_active|environments_short_lived|environments_pending_ref|operations_running)/.test(
      step,
    )
  )
    return true;
  return wholeTables.some(({ from }) => sql.includes(`from "${from}"`) && !sql.includes(" limit "));
}

test("the hot lists read the index made for them", async () => {
  const { store, statements, explain } = await givenStore();
  await useEverything(store);
  const planOf = (part: string) => {
    const sql = [...statements].find((statement) => statement.startsWith("select") && statement.includes(part));
    return sql === undefined ? part : explain(sql).join("; ");
  };
  expect(planOf("desired is not null")).toContain("environments_active");
  expect(planOf('"environments"."cluster" = ?')).toContain("environments_cluster (cluster=?)");
  expect(planOf("state = 'pending'")).toContain("releases_pending_on (cluster=?)");
  expect(planOf("pending_ref is not null")).toContain("environments_pending_ref");
  expect(planOf("= 'superseded'")).toBe(
    "SEARCH releases USING INDEX sqlite_autoindex_releases_1 (app=? AND environment=?)",
  );
  expect(planOf("has_timeline = 1")).toMatch(/operations_timeline \(finished_at.*<\?\)/);
  expect(planOf('where "tokens"."hash" = ?')).toContain("tokens_hash (hash=?)");
});
