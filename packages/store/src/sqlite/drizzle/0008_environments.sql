ALTER TABLE environments ADD COLUMN used_at integer NOT NULL DEFAULT 0;
--> statement-breakpoint
ALTER TABLE environments ADD COLUMN ttl_ms integer;
--> statement-breakpoint
ALTER TABLE environments ADD COLUMN kept_until integer;
--> statement-breakpoint
ALTER TABLE environments ADD COLUMN is_protected integer NOT NULL DEFAULT 0;
--> statement-breakpoint
ALTER TABLE environments ADD COLUMN share_epoch integer NOT NULL DEFAULT 0;
--> statement-breakpoint
UPDATE environments SET used_at = unixepoch() * 1000;
--> statement-breakpoint
UPDATE environments SET ttl_ms = 604800000 WHERE kind = 'preview';
--> statement-breakpoint
CREATE INDEX environments_short_lived ON environments (app, name) WHERE kind in ('preview', 'dev');
