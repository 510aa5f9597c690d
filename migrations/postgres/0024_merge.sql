-- Joining two registrations of one human being.

-- Which registration went into which, and by whom: what is said of the one holds of the other. Rows are only ever added.
CREATE TABLE person_merge (
  dropped_id BIGINT PRIMARY KEY REFERENCES person (id),
  kept_id BIGINT NOT NULL REFERENCES person (id),
  -- The operator, as he gave his name.
  by_name TEXT COLLATE "C" NOT NULL,
  at_ms BIGINT NOT NULL
);
CREATE INDEX person_merge_kept ON person_merge (kept_id);

-- 1: whoever spoke in this call is gone, and the next key begins it anew.
ALTER TABLE session ADD COLUMN anew BIGINT NOT NULL DEFAULT 0;
