CREATE TABLE usage (
  app text NOT NULL,
  environment text NOT NULL,
  service text NOT NULL,
  at integer NOT NULL,
  watched_ms integer NOT NULL,
  requests integer NOT NULL,
  request_ms integer NOT NULL,
  instance_ms integer NOT NULL,
  cpu_ms integer NOT NULL,
  cpu_reserved_ms integer NOT NULL,
  memory_byte_seconds integer NOT NULL,
  memory_reserved_byte_seconds integer NOT NULL,
  memory_peak_bytes integer NOT NULL,
  asleep_ms integer NOT NULL,
  wakes integer NOT NULL,
  PRIMARY KEY (app, environment, service, at),
  FOREIGN KEY (app, environment) REFERENCES environments (app, name) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX usage_at ON usage (at);
