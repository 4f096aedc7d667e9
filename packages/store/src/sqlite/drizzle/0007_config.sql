CREATE TABLE config_values (
  id text PRIMARY KEY NOT NULL,
  app text NOT NULL REFERENCES apps (name) ON DELETE CASCADE,
  sealed text NOT NULL,
  key_id text NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX config_values_app ON config_values (app);
--> statement-breakpoint
CREATE INDEX config_values_key ON config_values (key_id);
--> statement-breakpoint
CREATE TABLE config_entries (
  app text NOT NULL REFERENCES apps (name) ON DELETE CASCADE,
  scope text NOT NULL,
  service text NOT NULL,
  key text NOT NULL,
  value text NOT NULL REFERENCES config_values (id) ON DELETE CASCADE,
  set_at integer NOT NULL,
  set_by text NOT NULL,
  PRIMARY KEY (app, scope, service, key)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX config_entries_value ON config_entries (value);
--> statement-breakpoint
CREATE TABLE config_generated (
  app text NOT NULL,
  environment text NOT NULL,
  service text NOT NULL,
  key text NOT NULL,
  value text NOT NULL REFERENCES config_values (id) ON DELETE CASCADE,
  drawn_at integer NOT NULL,
  PRIMARY KEY (app, environment, service, key),
  FOREIGN KEY (app, environment) REFERENCES environments (app, name) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX config_generated_value ON config_generated (value);
--> statement-breakpoint
CREATE TABLE release_values (
  app text NOT NULL,
  environment text NOT NULL,
  version integer NOT NULL,
  value text NOT NULL REFERENCES config_values (id) ON DELETE CASCADE,
  PRIMARY KEY (app, environment, version, value),
  FOREIGN KEY (app, environment, version) REFERENCES releases (app, environment, version) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX release_values_value ON release_values (value);
