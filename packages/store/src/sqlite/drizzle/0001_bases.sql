CREATE TABLE bases (
  image text PRIMARY KEY NOT NULL,
  digest text NOT NULL,
  pinned_at integer NOT NULL,
  pinned_by text NOT NULL
) STRICT, WITHOUT ROWID;
