ALTER TABLE artifacts ADD COLUMN seal text;
