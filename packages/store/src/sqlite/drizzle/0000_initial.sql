CREATE TABLE apps (
  name text PRIMARY KEY NOT NULL,
  default_branch text,
  created_at integer NOT NULL,
  created_by text NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE environments (
  app text NOT NULL REFERENCES apps (name) ON DELETE CASCADE,
  name text NOT NULL,
  kind text NOT NULL,
  branch text,
  desired integer,
  live integer,
  revision integer NOT NULL,
  pending_ref text,
  last_version integer NOT NULL,
  created_at integer NOT NULL,
  created_by text NOT NULL,
  PRIMARY KEY (app, name)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX environments_branch ON environments (app, branch) WHERE branch is not null;
--> statement-breakpoint
CREATE INDEX environments_active ON environments (app, name) WHERE desired is not null;
--> statement-breakpoint
CREATE INDEX environments_pending_ref ON environments (app, name) WHERE pending_ref is not null;
--> statement-breakpoint
CREATE TABLE environment_ports (
  app text NOT NULL,
  environment text NOT NULL,
  service text NOT NULL,
  port integer NOT NULL,
  PRIMARY KEY (app, environment, service),
  FOREIGN KEY (app, environment) REFERENCES environments (app, name) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX environment_ports_port ON environment_ports (port);
--> statement-breakpoint
CREATE TABLE releases (
  app text NOT NULL,
  environment text NOT NULL,
  version integer NOT NULL,
  kind text NOT NULL,
  carries integer,
  snapshot text NOT NULL,
  origin text NOT NULL,
  created_at integer NOT NULL,
  created_by text NOT NULL,
  state text NOT NULL,
  live_at integer,
  superseded_at integer,
  reason text,
  operation text NOT NULL,
  PRIMARY KEY (app, environment, version),
  FOREIGN KEY (app, environment) REFERENCES environments (app, name) ON DELETE CASCADE
) STRICT;
--> statement-breakpoint
CREATE TABLE release_images (
  app text NOT NULL,
  environment text NOT NULL,
  version integer NOT NULL,
  digest text NOT NULL,
  PRIMARY KEY (app, environment, version, digest),
  FOREIGN KEY (app, environment, version) REFERENCES releases (app, environment, version) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX release_images_digest ON release_images (digest);
--> statement-breakpoint
CREATE TABLE artifacts (
  digest text NOT NULL,
  key text NOT NULL,
  size_bytes integer NOT NULL,
  created_at integer NOT NULL,
  provenance text NOT NULL,
  PRIMARY KEY (digest, key)
) STRICT;
--> statement-breakpoint
CREATE INDEX artifacts_key ON artifacts (key, created_at);
--> statement-breakpoint
CREATE TABLE operations (
  id text PRIMARY KEY NOT NULL,
  app text NOT NULL REFERENCES apps (name) ON DELETE CASCADE,
  environment text NOT NULL,
  kind text NOT NULL,
  actor text NOT NULL,
  state text NOT NULL,
  started_at integer NOT NULL,
  finished_at integer,
  version integer,
  error text,
  url text,
  has_timeline integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE INDEX operations_app ON operations (app, id);
--> statement-breakpoint
CREATE INDEX operations_environment ON operations (app, environment, id);
--> statement-breakpoint
CREATE INDEX operations_running ON operations (id) WHERE state = 'running';
--> statement-breakpoint
CREATE INDEX operations_timeline ON operations (finished_at) WHERE has_timeline = 1 and finished_at is not null;
--> statement-breakpoint
CREATE TABLE operation_events (
  operation text NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
  seq integer NOT NULL,
  at integer NOT NULL,
  phase text NOT NULL,
  service text,
  kind text NOT NULL,
  text text NOT NULL,
  duration_ms integer,
  PRIMARY KEY (operation, seq)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE tokens (
  id text PRIMARY KEY NOT NULL,
  hash text NOT NULL,
  person text NOT NULL,
  role text NOT NULL,
  note text NOT NULL,
  created_at integer NOT NULL,
  last_used_at integer
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX tokens_hash ON tokens (hash);
--> statement-breakpoint
CREATE TABLE audit (
  seq integer PRIMARY KEY NOT NULL,
  at integer NOT NULL,
  person text NOT NULL,
  action text NOT NULL,
  app text,
  environment text,
  detail text NOT NULL
) STRICT;
--> statement-breakpoint
CREATE INDEX audit_app ON audit (app, seq);
--> statement-breakpoint
CREATE TABLE changes (
  seq integer PRIMARY KEY NOT NULL,
  at integer NOT NULL,
  kind text NOT NULL,
  app text,
  environment text
) STRICT;
--> statement-breakpoint
CREATE TABLE installation (
  name text PRIMARY KEY NOT NULL,
  value text NOT NULL
) STRICT, WITHOUT ROWID;
