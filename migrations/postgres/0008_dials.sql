-- What operators are told without asking: how often was dialled, and what they know already.

-- Answered dials by quarter of an hour. A row without channel and network says that dials were counted in that quarter at
-- all; then a network without a row was not dialled from. Counts only: nobody can be found in it.
CREATE TABLE dial_count (
  quarter_ms BIGINT NOT NULL,
  channel TEXT COLLATE "C" NOT NULL,
  -- By the number's prefix; empty where that tells nothing.
  network TEXT COLLATE "C" NOT NULL,
  dials BIGINT NOT NULL,
  -- When the last of them was answered.
  last_ms BIGINT NOT NULL,
  PRIMARY KEY (quarter_ms, channel, network)
);

-- What was told, once over all nodes: an alarm for as long as it holds, and each day's digest.
CREATE TABLE told (
  -- The alarm's code, or `digest`.
  what TEXT COLLATE "C" NOT NULL,
  -- `channel/network`, or the day.
  about TEXT COLLATE "C" NOT NULL,
  since_ms BIGINT NOT NULL,
  PRIMARY KEY (what, about)
);
