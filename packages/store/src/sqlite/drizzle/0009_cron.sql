CREATE TABLE crons (
  app text NOT NULL,
  environment text NOT NULL,
  service text NOT NULL,
  schedule text NOT NULL,
  checked_at integer NOT NULL,
  paused_at integer,
  paused_by text,
  PRIMARY KEY (app, environment, service),
  FOREIGN KEY (app, environment) REFERENCES environments (app, name) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE cron_runs (
  app text NOT NULL,
  environment text NOT NULL,
  id text NOT NULL,
  service text NOT NULL,
  state text NOT NULL,
  due_at integer NOT NULL,
  count integer NOT NULL,
  cause text NOT NULL,
  version integer,
  task text,
  started_at integer,
  ended_at integer,
  exit_code integer,
  reason text,
  lines text NOT NULL,
  PRIMARY KEY (app, environment, id),
  FOREIGN KEY (app, environment) REFERENCES environments (app, name) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX cron_runs_service ON cron_runs (app, environment, service, id);
--> statement-breakpoint
CREATE INDEX cron_runs_running ON cron_runs (app, environment, id) WHERE state = 'running';
