CREATE TABLE workloads (
  app text NOT NULL,
  environment text NOT NULL,
  id text NOT NULL,
  PRIMARY KEY (app, environment, id),
  FOREIGN KEY (app, environment) REFERENCES environments (app, name) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
