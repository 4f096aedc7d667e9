CREATE TABLE clusters (
  name text PRIMARY KEY NOT NULL,
  options text NOT NULL,
  identity text NOT NULL,
  created_at integer NOT NULL,
  created_by text NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE environments ADD COLUMN cluster text;
--> statement-breakpoint
CREATE INDEX environments_cluster ON environments (cluster) WHERE cluster is not null;
--> statement-breakpoint
ALTER TABLE releases ADD COLUMN cluster text;
--> statement-breakpoint
CREATE INDEX releases_pending_on ON releases (cluster) WHERE state = 'pending' and cluster is not null;
