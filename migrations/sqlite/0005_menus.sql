-- What operators did with the menus: the newest rows say what is served, what is closed, and who did it. Rows are only
-- ever added.
CREATE TABLE menu_event (
  id INTEGER PRIMARY KEY,
  what TEXT NOT NULL CHECK (what = 'started' OR what = 'published' OR what = 'rolled_back' OR what = 'frozen'
    OR what = 'thawed' OR what = 'notice_on' OR what = 'notice_off'),
  -- The operator, as he gave his name; the program's own doing is "kaziline".
  by_name TEXT NOT NULL,
  -- What was closed or opened; empty otherwise.
  flow TEXT NOT NULL,
  -- What was published; empty otherwise.
  bundle_hash BLOB NOT NULL,
  at_ms INTEGER NOT NULL,
  -- When it holds: a little later, so that all nodes have it by then.
  from_ms INTEGER NOT NULL
) STRICT;

-- What figures about screens are made of: the language of the screen, and what the hop was to the one before it.
ALTER TABLE hop ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE hop ADD COLUMN turn TEXT NOT NULL DEFAULT '';

-- How screens fared, by day of the country. Counts only: nobody can be found in it.
CREATE TABLE screen_stat (
  day INTEGER NOT NULL,
  bundle_hash BLOB NOT NULL,
  channel TEXT NOT NULL,
  language TEXT NOT NULL,
  state TEXT NOT NULL,
  shown INTEGER NOT NULL,
  answered INTEGER NOT NULL,
  wrong INTEGER NOT NULL,
  back INTEGER NOT NULL,
  dropped INTEGER NOT NULL,
  -- Milliseconds until something was typed, over all that typed.
  waited_ms INTEGER NOT NULL,
  PRIMARY KEY (day, bundle_hash, channel, language, state)
) STRICT, WITHOUT ROWID;

-- How far hops are counted. One row.
CREATE TABLE screen_stat_mark (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  hop_uid INTEGER NOT NULL
) STRICT;
