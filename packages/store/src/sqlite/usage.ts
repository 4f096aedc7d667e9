import { keptUsageMs, type UsageStore } from "@berth/core";
import { and, asc, eq, gte, lt, sql } from "./drizzle.ts";
import { prepareEnvironmentExists } from "./environment-exists.ts";
import type { Parts } from "./parts.ts";
import { usage } from "./schema.ts";

/** What lasts with the next lasting write is enough here: it tells of what was. */
export function makeUsageStore({ db, transactions }: Parts): UsageStore {
  const isOfScope = and(eq(usage.app, sql.placeholder("app")), eq(usage.environment, sql.placeholder("environment")));
  const isOfService = and(isOfScope, eq(usage.service, sql.placeholder("service")));
  const isSince = gte(usage.at, sql.placeholder("since"));
  const inOrder = [asc(usage.service), asc(usage.at)];
  const exists = prepareEnvironmentExists({ db });
  const insert = db
    .insert(usage)
    .values({
      app: sql.placeholder("app"),
      environment: sql.placeholder("environment"),
      service: sql.placeholder("service"),
      at: sql.placeholder("at"),
      watchedMs: sql.placeholder("watchedMs"),
      requests: sql.placeholder("requests"),
      requestMs: sql.placeholder("requestMs"),
      instanceMs: sql.placeholder("instanceMs"),
      cpuMs: sql.placeholder("cpuMs"),
      cpuReservedMs: sql.placeholder("cpuReservedMs"),
      memoryByteSeconds: sql.placeholder("memoryByteSeconds"),
      memoryReservedByteSeconds: sql.placeholder("memoryReservedByteSeconds"),
      memoryPeakBytes: sql.placeholder("memoryPeakBytes"),
      asleepMs: sql.placeholder("asleepMs"),
      wakes: sql.placeholder("wakes"),
    })
    .onConflictDoUpdate({
      target: [usage.app, usage.environment, usage.service, usage.at],
      set: {
        watchedMs: sql`watched_ms + excluded.watched_ms`,
        requests: sql`requests + excluded.requests`,
        requestMs: sql`request_ms + excluded.request_ms`,
        instanceMs: sql`instance_ms + excluded.instance_ms`,
        cpuMs: sql`cpu_ms + excluded.cpu_ms`,
        cpuReservedMs: sql`cpu_reserved_ms + excluded.cpu_reserved_ms`,
        memoryByteSeconds: sql`memory_byte_seconds + excluded.memory_byte_seconds`,
        memoryReservedByteSeconds: sql`memory_reserved_byte_seconds + excluded.memory_reserved_byte_seconds`,
        memoryPeakBytes: sql`max(memory_peak_bytes, excluded.memory_peak_bytes)`,
        asleepMs: sql`asleep_ms + excluded.asleep_ms`,
        wakes: sql`wakes + excluded.wakes`,
      },
    })
    .prepare();
  const removeBefore = db
    .delete(usage)
    .where(lt(usage.at, sql.placeholder("before")))
    .prepare();
  const all = db
    .select()
    .from(usage)
    .where(and(isOfScope, isSince))
    .orderBy(...inOrder)
    .prepare();
  const ofService = db
    .select()
    .from(usage)
    .where(and(isOfService, isSince))
    .orderBy(...inOrder)
    .prepare();

  return {
    add: (buckets) =>
      transactions.write(({ at: now }) => {
        for (const bucket of buckets) if (exists(bucket)) insert.run({ ...bucket });
        removeBefore.run({ before: now - keptUsageMs });
      }),
    list: ({ app, environment, service }, since) =>
      transactions.read(() =>
        service === undefined
          ? all.all({ app, environment, since })
          : ofService.all({ app, environment, service, since }),
      ),
  };
}
