-- Agents: people of an organisation who register others, and whom they registered.

-- Who registers others, for which organisation. An agent is a person; one who is erased is none any more.
CREATE TABLE agent (
  id INTEGER PRIMARY KEY,
  person_id INTEGER NOT NULL,
  organisation_sealed BLOB NOT NULL,
  kind TEXT NOT NULL CHECK (kind = 'cell_office' OR kind = 'cooperative' OR kind = 'school' OR kind = 'other'),
  -- Where the organisation is.
  area_code INTEGER NOT NULL,
  added_ms INTEGER NOT NULL,
  -- The operator's name.
  added_by TEXT NOT NULL,
  -- 0: not ended.
  ended_ms INTEGER NOT NULL,
  -- The operator's name; "kaziline" where the person left. Empty: not ended.
  ended_by TEXT NOT NULL
) STRICT;
-- A person is an agent once at a time.
CREATE UNIQUE INDEX agent_of_person ON agent (person_id) WHERE ended_ms = 0;

-- What an agent did on a day: numbers typed, registrations begun. Both have a limit.
CREATE TABLE agent_day (
  agent_id INTEGER NOT NULL,
  day INTEGER NOT NULL,
  numbers INTEGER NOT NULL,
  registered INTEGER NOT NULL,
  PRIMARY KEY (agent_id, day)
) STRICT, WITHOUT ROWID;

-- Whom an agent registered, and what they said to it. The row outlives the person, without saying who it was.
CREATE TABLE agent_registration (
  id INTEGER PRIMARY KEY,
  agent_id INTEGER NOT NULL REFERENCES agent (id),
  -- NULL once the person is erased.
  person_id INTEGER UNIQUE,
  -- told: all is answered and the person was written to; listed: nobody objected; confirmed, objected: they said so.
  state TEXT NOT NULL CHECK (state = 'begun' OR state = 'told' OR state = 'listed' OR state = 'confirmed'
    OR state = 'objected'),
  begun_ms INTEGER NOT NULL,
  -- 0: not told.
  told_ms INTEGER NOT NULL,
  -- When the person is listed if nothing is said; 0: not by silence.
  lists_ms INTEGER NOT NULL,
  -- When they confirmed or objected; 0: they did not.
  answered_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX agent_registration_of ON agent_registration (agent_id, begun_ms);
CREATE INDEX agent_registration_due ON agent_registration (lists_ms) WHERE lists_ms > 0;

-- The agent who read the text aloud and pressed the key; 0: the person.
ALTER TABLE consent ADD COLUMN agent_id INTEGER NOT NULL DEFAULT 0;

-- Who wants to go on with another number: one wish of a number. person_id 0: nobody is on the old number, and nobody is told.
CREATE TABLE number_move (
  to_hmac BLOB NOT NULL PRIMARY KEY CHECK (length(to_hmac) = 32),
  to_generation INTEGER NOT NULL,
  from_hmac BLOB NOT NULL CHECK (length(from_hmac) = 32),
  person_id INTEGER NOT NULL,
  -- Of the six digits that went to the old number.
  code_hmac BLOB NOT NULL CHECK (length(code_hmac) = 32),
  tries INTEGER NOT NULL,
  -- The digits were told, and the PIN is still to come.
  is_proven INTEGER NOT NULL CHECK (is_proven IN (0, 1)),
  asked_ms INTEGER NOT NULL,
  -- When the person moves, the PIN having been told without the digits; 0: not so.
  moves_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX number_move_due ON number_move (moves_ms) WHERE moves_ms > 0;
CREATE INDEX number_move_from ON number_move (from_hmac) WHERE moves_ms > 0;
CREATE INDEX number_move_asked ON number_move (asked_ms);

-- How often a number asked on a day, and was asked for.
CREATE TABLE number_move_day (
  msisdn_hmac BLOB NOT NULL,
  side TEXT NOT NULL CHECK (side = 'to' OR side = 'from'),
  day INTEGER NOT NULL,
  asked INTEGER NOT NULL,
  PRIMARY KEY (msisdn_hmac, side, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX number_move_day_of ON number_move_day (day);

-- What came of moves, without whose they were. Rows are only ever added.
CREATE TABLE number_move_event (
  id INTEGER PRIMARY KEY,
  what TEXT NOT NULL CHECK (what = 'code' OR what = 'pin' OR what = 'stopped'),
  at_ms INTEGER NOT NULL
) STRICT;
