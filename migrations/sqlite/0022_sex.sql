-- What a worker says of their sex, for figures alone; empty: not asked yet, or not answered.
ALTER TABLE worker ADD COLUMN sex TEXT NOT NULL DEFAULT '';
