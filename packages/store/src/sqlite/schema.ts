import type {
  Change,
  ClusterOptions,
  CronRun,
  Digest,
  Drill,
  Environment,
  EnvironmentKind,
  OperationError,
  OperationEvent,
  OperationKind,
  OperationState,
  Phase,
  Provenance,
  ReleaseKind,
  ReleaseState,
  Role,
  Snapshot,
  SourceOrigin,
  Wake,
} from "@berth/core";
import { sql, customType, foreignKey, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "./drizzle.ts";

// Properties are named as in core, so that most rows are the domain's values as they come.
// The tables themselves are made by the migrations in drizzle/; schema.test.ts checks that both say the same.

/** A value kept as JSON. It was written by Berth and is trusted when read. SQL's null stays null, so that `is null` works on it. */
function json<T>(name: string) {
  return customType<{ data: T; driverData: string | null }>({
    dataType: () => "text",
    toDriver: (value) => (value === null ? null : JSON.stringify(value)),
    fromDriver: (value) => JSON.parse(value ?? "null"),
  })(name);
}

export const apps = sqliteTable("apps", {
  name: text("name").primaryKey(),
  defaultBranch: text("default_branch"),
  createdAt: integer("created_at").notNull(),
  createdBy: text("created_by").notNull(),
});

export const environments = sqliteTable(
  "environments",
  {
    app: text("app")
      .notNull()
      .references(() => apps.name, { onDelete: "cascade" }),
    name: text("name").notNull(),
    kind: text("kind").$type<EnvironmentKind>().notNull(),
    branch: text("branch"),
    desired: integer("desired"),
    live: integer("live"),
    revision: integer("revision").notNull(),
    pendingRef: json<Environment["pendingRef"]>("pending_ref"),
    /** The newest version ever given out here, so that a pruned number is never given out again. */
    lastVersion: integer("last_version").notNull(),
    createdAt: integer("created_at").notNull(),
    createdBy: text("created_by").notNull(),
    cluster: text("cluster"),
    usedAt: integer("used_at").notNull(),
    ttlMs: integer("ttl_ms"),
    keptUntil: integer("kept_until"),
    isProtected: integer("is_protected", { mode: "boolean" }).notNull().default(false),
    shareEpoch: integer("share_epoch").notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.app, table.name] }),
    index("environments_short_lived")
      .on(table.app, table.name)
      .where(sql`kind in ('preview', 'dev')`),
    index("environments_cluster")
      .on(table.cluster)
      .where(sql`cluster is not null`),
    uniqueIndex("environments_branch")
      .on(table.app, table.branch)
      .where(sql`branch is not null`),
    index("environments_active")
      .on(table.app, table.name)
      .where(sql`desired is not null`),
    index("environments_pending_ref")
      .on(table.app, table.name)
      .where(sql`pending_ref is not null`),
  ],
);

export const environmentPorts = sqliteTable(
  "environment_ports",
  {
    app: text("app").notNull(),
    environment: text("environment").notNull(),
    service: text("service").notNull(),
    port: integer("port").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.app, table.environment, table.service] }),
    uniqueIndex("environment_ports_port").on(table.port),
    foreignKey({
      columns: [table.app, table.environment],
      foreignColumns: [environments.app, environments.name],
    }).onDelete("cascade"),
  ],
);

/** Which workloads have run here: what a runtime has and is not among them was made with another store. */
export const workloads = sqliteTable(
  "workloads",
  {
    app: text("app").notNull(),
    environment: text("environment").notNull(),
    id: text("id").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.app, table.environment, table.id] }),
    foreignKey({
      columns: [table.app, table.environment],
      foreignColumns: [environments.app, environments.name],
    }).onDelete("cascade"),
  ],
);

export const wakes = sqliteTable(
  "wakes",
  {
    app: text("app").notNull(),
    environment: text("environment").notNull(),
    id: text("id").notNull(),
    service: text("service").notNull(),
    workload: text("workload").notNull(),
    cause: json<Wake["cause"]>("cause").notNull(),
    startedAt: integer("started_at").notNull(),
    endedAt: integer("ended_at"),
    state: text("state").$type<Wake["state"]>().notNull(),
    reason: text("reason"),
    phases: json<Wake["phases"]>("phases").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.app, table.environment, table.id] }),
    index("wakes_service").on(table.app, table.environment, table.service, table.id),
    foreignKey({
      columns: [table.app, table.environment],
      foreignColumns: [environments.app, environments.name],
    }).onDelete("cascade"),
  ],
);

export const usage = sqliteTable(
  "usage",
  {
    app: text("app").notNull(),
    environment: text("environment").notNull(),
    service: text("service").notNull(),
    at: integer("at").notNull(),
    watchedMs: integer("watched_ms").notNull(),
    requests: integer("requests").notNull(),
    requestMs: integer("request_ms").notNull(),
    instanceMs: integer("instance_ms").notNull(),
    cpuMs: integer("cpu_ms").notNull(),
    cpuReservedMs: integer("cpu_reserved_ms").notNull(),
    memoryByteSeconds: integer("memory_byte_seconds").notNull(),
    memoryReservedByteSeconds: integer("memory_reserved_byte_seconds").notNull(),
    memoryPeakBytes: integer("memory_peak_bytes").notNull(),
    asleepMs: integer("asleep_ms").notNull(),
    wakes: integer("wakes").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.app, table.environment, table.service, table.at] }),
    index("usage_at").on(table.at),
    foreignKey({
      columns: [table.app, table.environment],
      foreignColumns: [environments.app, environments.name],
    }).onDelete("cascade"),
  ],
);

/** How far the schedules of services have been dealt with, and who has paused them. */
export const crons = sqliteTable(
  "crons",
  {
    app: text("app").notNull(),
    environment: text("environment").notNull(),
    service: text("service").notNull(),
    schedule: text("schedule").notNull(),
    checkedAt: integer("checked_at").notNull(),
    pausedAt: integer("paused_at"),
    pausedBy: text("paused_by"),
  },
  (table) => [
    primaryKey({ columns: [table.app, table.environment, table.service] }),
    foreignKey({
      columns: [table.app, table.environment],
      foreignColumns: [environments.app, environments.name],
    }).onDelete("cascade"),
  ],
);

export const cronRuns = sqliteTable(
  "cron_runs",
  {
    app: text("app").notNull(),
    environment: text("environment").notNull(),
    id: text("id").notNull(),
    service: text("service").notNull(),
    state: text("state").$type<CronRun["state"]>().notNull(),
    dueAt: integer("due_at").notNull(),
    count: integer("count").notNull(),
    cause: json<CronRun["cause"]>("cause").notNull(),
    version: integer("version"),
    task: json<CronRun["task"]>("task"),
    startedAt: integer("started_at"),
    endedAt: integer("ended_at"),
    exitCode: integer("exit_code"),
    reason: text("reason"),
    lines: json<CronRun["lines"]>("lines").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.app, table.environment, table.id] }),
    index("cron_runs_service").on(table.app, table.environment, table.service, table.id),
    index("cron_runs_running")
      .on(table.app, table.environment, table.id)
      .where(sql`state = 'running'`),
    foreignKey({
      columns: [table.app, table.environment],
      foreignColumns: [environments.app, environments.name],
    }).onDelete("cascade"),
  ],
);

export const drills = sqliteTable(
  "drills",
  {
    app: text("app").notNull(),
    environment: text("environment").notNull(),
    operation: text("operation").notNull(),
    version: integer("version").notNull(),
    live: integer("live"),
    at: integer("at").notNull(),
    by: text("by").notNull(),
    outcome: text("outcome").$type<Drill["outcome"]>().notNull(),
    services: json<Drill["services"]>("services").notNull(),
    probes: json<Drill["probes"]>("probes").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.app, table.environment, table.operation] }),
    index("drills_version").on(table.app, table.environment, table.version, table.operation),
    foreignKey({
      columns: [table.app, table.environment],
      foreignColumns: [environments.app, environments.name],
    }).onDelete("cascade"),
  ],
);

export const releases = sqliteTable(
  "releases",
  {
    app: text("app").notNull(),
    environment: text("environment").notNull(),
    version: integer("version").notNull(),
    kind: text("kind").$type<ReleaseKind>().notNull(),
    carries: integer("carries"),
    snapshot: json<Snapshot>("snapshot").notNull(),
    origin: json<SourceOrigin>("origin").notNull(),
    createdAt: integer("created_at").notNull(),
    createdBy: text("created_by").notNull(),
    state: text("state").$type<ReleaseState>().notNull(),
    liveAt: integer("live_at"),
    supersededAt: integer("superseded_at"),
    reason: text("reason"),
    operation: text("operation").notNull(),
    cluster: text("cluster"),
  },
  (table) => [
    primaryKey({ columns: [table.app, table.environment, table.version] }),
    index("releases_pending_on")
      .on(table.cluster)
      .where(sql`state = 'pending' and cluster is not null`),
    foreignKey({
      columns: [table.app, table.environment],
      foreignColumns: [environments.app, environments.name],
    }).onDelete("cascade"),
  ],
);

/** Which images a release names: what keeps an artifact from being pruned. */
export const releaseImages = sqliteTable(
  "release_images",
  {
    app: text("app").notNull(),
    environment: text("environment").notNull(),
    version: integer("version").notNull(),
    digest: text("digest").$type<Digest>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.app, table.environment, table.version, table.digest] }),
    index("release_images_digest").on(table.digest),
    foreignKey({
      columns: [table.app, table.environment, table.version],
      foreignColumns: [releases.app, releases.environment, releases.version],
    }).onDelete("cascade"),
  ],
);

/** Values of variables, sealed. */
export const configValues = sqliteTable(
  "config_values",
  {
    id: text("id").primaryKey(),
    app: text("app")
      .notNull()
      .references(() => apps.name, { onDelete: "cascade" }),
    sealed: text("sealed").notNull(),
    keyId: text("key_id").notNull(),
  },
  (table) => [index("config_values_app").on(table.app), index("config_values_key").on(table.keyId)],
);

/** What is set; a service that is empty stands for all. */
export const configEntries = sqliteTable(
  "config_entries",
  {
    app: text("app")
      .notNull()
      .references(() => apps.name, { onDelete: "cascade" }),
    scope: text("scope").notNull(),
    service: text("service").notNull(),
    key: text("key").notNull(),
    value: text("value")
      .notNull()
      .references(() => configValues.id, { onDelete: "cascade" }),
    setAt: integer("set_at").notNull(),
    setBy: text("set_by").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.app, table.scope, table.service, table.key] }),
    index("config_entries_value").on(table.value),
  ],
);

/** What was drawn for environments. */
export const configGenerated = sqliteTable(
  "config_generated",
  {
    app: text("app").notNull(),
    environment: text("environment").notNull(),
    service: text("service").notNull(),
    key: text("key").notNull(),
    value: text("value")
      .notNull()
      .references(() => configValues.id, { onDelete: "cascade" }),
    drawnAt: integer("drawn_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.app, table.environment, table.service, table.key] }),
    index("config_generated_value").on(table.value),
    foreignKey({
      columns: [table.app, table.environment],
      foreignColumns: [environments.app, environments.name],
    }).onDelete("cascade"),
  ],
);

/** Which values a release names: what keeps them. */
export const releaseValues = sqliteTable(
  "release_values",
  {
    app: text("app").notNull(),
    environment: text("environment").notNull(),
    version: integer("version").notNull(),
    value: text("value")
      .notNull()
      .references(() => configValues.id, { onDelete: "cascade" }),
  },
  (table) => [
    primaryKey({ columns: [table.app, table.environment, table.version, table.value] }),
    index("release_values_value").on(table.value),
    foreignKey({
      columns: [table.app, table.environment, table.version],
      foreignColumns: [releases.app, releases.environment, releases.version],
    }).onDelete("cascade"),
  ],
);

/** One row for each way an image was made: different sources may give the same bytes, and the same source may give different ones. */
export const artifacts = sqliteTable(
  "artifacts",
  {
    digest: text("digest").$type<Digest>().notNull(),
    key: text("key").notNull(),
    sizeBytes: integer("size_bytes").notNull(),
    createdAt: integer("created_at").notNull(),
    provenance: json<Provenance>("provenance").notNull(),
    seal: text("seal"),
  },
  (table) => [
    primaryKey({ columns: [table.digest, table.key] }),
    index("artifacts_key").on(table.key, table.createdAt),
  ],
);

/** Which content the names of base images stand for. */
export const bases = sqliteTable("bases", {
  image: text("image").primaryKey(),
  digest: text("digest").$type<Digest>().notNull(),
  pinnedAt: integer("pinned_at").notNull(),
  pinnedBy: text("pinned_by").notNull(),
});

/** Clusters beside the one of the settings. Their kubeconfigs are files. */
export const clusters = sqliteTable("clusters", {
  name: text("name").primaryKey(),
  options: json<ClusterOptions>("options").notNull(),
  identity: text("identity").notNull(),
  createdAt: integer("created_at").notNull(),
  createdBy: text("created_by").notNull(),
});

export const operations = sqliteTable(
  "operations",
  {
    id: text("id").primaryKey(),
    app: text("app")
      .notNull()
      .references(() => apps.name, { onDelete: "cascade" }),
    /** By name alone: operations outlive their environment. */
    environment: text("environment").notNull(),
    kind: text("kind").$type<OperationKind>().notNull(),
    actor: text("actor").notNull(),
    state: text("state").$type<OperationState>().notNull(),
    startedAt: integer("started_at").notNull(),
    finishedAt: integer("finished_at"),
    version: integer("version"),
    error: json<OperationError | null>("error"),
    url: text("url"),
    /** Its events have not been pruned. */
    hasTimeline: integer("has_timeline", { mode: "boolean" }).notNull(),
  },
  (table) => [
    index("operations_app").on(table.app, table.id),
    index("operations_environment").on(table.app, table.environment, table.id),
    index("operations_running")
      .on(table.id)
      .where(sql`state = 'running'`),
    index("operations_timeline")
      .on(table.finishedAt)
      .where(sql`has_timeline = 1 and finished_at is not null`),
  ],
);

export const operationEvents = sqliteTable(
  "operation_events",
  {
    operation: text("operation")
      .notNull()
      .references(() => operations.id, { onDelete: "cascade" }),
    seq: integer("seq").notNull(),
    at: integer("at").notNull(),
    phase: text("phase").$type<Phase>().notNull(),
    service: text("service"),
    kind: text("kind").$type<OperationEvent["kind"]>().notNull(),
    text: text("text").notNull(),
    durationMs: integer("duration_ms"),
  },
  (table) => [primaryKey({ columns: [table.operation, table.seq] })],
);

export const tokens = sqliteTable(
  "tokens",
  {
    id: text("id").primaryKey(),
    hash: text("hash").notNull(),
    person: text("person").notNull(),
    role: text("role").$type<Role>().notNull(),
    note: text("note").notNull(),
    createdAt: integer("created_at").notNull(),
    lastUsedAt: integer("last_used_at"),
  },
  (table) => [uniqueIndex("tokens_hash").on(table.hash)],
);

/** Entries stay when what they tell of is deleted, so they point at it by name alone. */
export const audit = sqliteTable(
  "audit",
  {
    seq: integer("seq").primaryKey(),
    at: integer("at").notNull(),
    person: text("person").notNull(),
    action: text("action").notNull(),
    app: text("app"),
    environment: text("environment"),
    detail: text("detail").notNull(),
  },
  (table) => [index("audit_app").on(table.app, table.seq)],
);

export const changes = sqliteTable("changes", {
  seq: integer("seq").primaryKey(),
  at: integer("at").notNull(),
  kind: text("kind").$type<Change["kind"]>().notNull(),
  app: text("app"),
  environment: text("environment"),
});

export const installation = sqliteTable("installation", {
  name: text("name").primaryKey(),
  value: text("value").notNull(),
});
