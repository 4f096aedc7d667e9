CREATE TABLE drills (
  app text NOT NULL,
  environment text NOT NULL,
  operation text NOT NULL,
  version integer NOT NULL,
  live integer,
  at integer NOT NULL,
  by text NOT NULL,
  outcome text NOT NULL,
  services text NOT NULL,
  probes text NOT NULL,
  PRIMARY KEY (app, environment, operation),
  FOREIGN KEY (app, environment) REFERENCES environments (app, name) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX drills_version ON drills (app, environment, version, operation);
