-- What operators are told without asking: how often was dialled, and what they know already.

-- Answered dials by quarter of an hour. A row without channel and network says that dials were counted in that quarter at
-- all; then a network without a row was not dialled from. Counts only: nobody can be found in it.
CREATE TABLE dial_count (
  quarter_ms INTEGER NOT NULL,
  channel TEXT NOT NULL,
  -- By the number's prefix; empty where that tells nothing.
  network TEXT NOT NULL,
  dials INTEGER NOT NULL,
  -- When the last of them was answered.
  last_ms INTEGER NOT NULL,
  PRIMARY KEY (quarter_ms, channel, network)
) STRICT, WITHOUT ROWID;

-- What was told, once over all nodes: an alarm for as long as it holds, and each day's digest.
CREATE TABLE told (
  -- The alarm's code, or `digest`.
  what TEXT NOT NULL,
  -- `channel/network`, or the day.
  about TEXT NOT NULL,
  since_ms INTEGER NOT NULL,
  PRIMARY KEY (what, about)
) STRICT, WITHOUT ROWID;
