-- What operators did with the menus: the newest rows say what is served, what is closed, and who did it. Rows are only
-- ever added.
CREATE TABLE menu_event (
  id BIGINT PRIMARY KEY,
  what TEXT COLLATE "C" NOT NULL CHECK (what = 'started' OR what = 'published' OR what = 'rolled_back' OR what = 'frozen'
    OR what = 'thawed' OR what = 'notice_on' OR what = 'notice_off'),
  -- The operator, as he gave his name; the program's own doing is "kaziline".
  by_name TEXT COLLATE "C" NOT NULL,
  -- What was closed or opened; empty otherwise.
  flow TEXT COLLATE "C" NOT NULL,
  -- What was published; empty otherwise.
  bundle_hash BYTEA NOT NULL,
  at_ms BIGINT NOT NULL,
  -- When it holds: a little later, so that all nodes have it by then.
  from_ms BIGINT NOT NULL
);

-- What figures about screens are made of: the language of the screen, and what the hop was to the one before it.
ALTER TABLE hop ADD COLUMN language TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE hop ADD COLUMN turn TEXT COLLATE "C" NOT NULL DEFAULT '';

-- How screens fared, by day of the country. Counts only: nobody can be found in it.
CREATE TABLE screen_stat (
  day BIGINT NOT NULL,
  bundle_hash BYTEA NOT NULL,
  channel TEXT COLLATE "C" NOT NULL,
  language TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  shown BIGINT NOT NULL,
  answered BIGINT NOT NULL,
  wrong BIGINT NOT NULL,
  back BIGINT NOT NULL,
  dropped BIGINT NOT NULL,
  -- Milliseconds until something was typed, over all that typed.
  waited_ms BIGINT NOT NULL,
  PRIMARY KEY (day, bundle_hash, channel, language, state)
);

-- How far hops are counted. One row.
CREATE TABLE screen_stat_mark (
  id BIGINT PRIMARY KEY CHECK (id = 1),
  hop_uid BIGINT NOT NULL
);
