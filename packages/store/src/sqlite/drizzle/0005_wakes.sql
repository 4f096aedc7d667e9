CREATE TABLE wakes (
  app text NOT NULL,
  environment text NOT NULL,
  id text NOT NULL,
  service text NOT NULL,
  workload text NOT NULL,
  cause text NOT NULL,
  started_at integer NOT NULL,
  ended_at integer,
  state text NOT NULL,
  reason text,
  phases text NOT NULL,
  PRIMARY KEY (app, environment, id),
  FOREIGN KEY (app, environment) REFERENCES environments (app, name) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX wakes_service ON wakes (app, environment, service, id);
