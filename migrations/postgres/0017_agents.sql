-- Agents: people of an organisation who register others, and whom they registered.

-- Who registers others, for which organisation. An agent is a person; one who is erased is none any more.
CREATE TABLE agent (
  id BIGINT PRIMARY KEY,
  person_id BIGINT NOT NULL,
  organisation_sealed BYTEA NOT NULL,
  kind TEXT COLLATE "C" NOT NULL CHECK (kind = 'cell_office' OR kind = 'cooperative' OR kind = 'school' OR kind = 'other'),
  -- Where the organisation is.
  area_code BIGINT NOT NULL,
  added_ms BIGINT NOT NULL,
  -- The operator's name.
  added_by TEXT COLLATE "C" NOT NULL,
  -- 0: not ended.
  ended_ms BIGINT NOT NULL,
  -- The operator's name; "kaziline" where the person left. Empty: not ended.
  ended_by TEXT COLLATE "C" NOT NULL
);
-- A person is an agent once at a time.
CREATE UNIQUE INDEX agent_of_person ON agent (person_id) WHERE ended_ms = 0;

-- What an agent did on a day: numbers typed, registrations begun. Both have a limit.
CREATE TABLE agent_day (
  agent_id BIGINT NOT NULL,
  day BIGINT NOT NULL,
  numbers BIGINT NOT NULL,
  registered BIGINT NOT NULL,
  PRIMARY KEY (agent_id, day)
);

-- Whom an agent registered, and what they said to it. The row outlives the person, without saying who it was.
CREATE TABLE agent_registration (
  id BIGINT PRIMARY KEY,
  agent_id BIGINT NOT NULL REFERENCES agent (id),
  -- NULL once the person is erased.
  person_id BIGINT UNIQUE,
  -- told: all is answered and the person was written to; listed: nobody objected; confirmed, objected: they said so.
  state TEXT COLLATE "C" NOT NULL,
  begun_ms BIGINT NOT NULL,
  -- 0: not told.
  told_ms BIGINT NOT NULL,
  -- When the person is listed if nothing is said; 0: not by silence.
  lists_ms BIGINT NOT NULL,
  -- When they confirmed or objected; 0: they did not.
  answered_ms BIGINT NOT NULL
);
CREATE INDEX agent_registration_of ON agent_registration (agent_id, begun_ms);
CREATE INDEX agent_registration_due ON agent_registration (lists_ms) WHERE lists_ms > 0;

-- The agent who read the text aloud and pressed the key; 0: the person.
ALTER TABLE consent ADD COLUMN agent_id BIGINT NOT NULL DEFAULT 0;

-- Who wants to go on with another number: one wish of a number. person_id 0: nobody is on the old number, and nobody is told.
CREATE TABLE number_move (
  to_hmac BYTEA NOT NULL PRIMARY KEY,
  to_generation BIGINT NOT NULL,
  from_hmac BYTEA NOT NULL,
  person_id BIGINT NOT NULL,
  -- Of the six digits that went to the old number.
  code_hmac BYTEA NOT NULL,
  tries BIGINT NOT NULL,
  -- The digits were told, and the PIN is still to come.
  is_proven BIGINT NOT NULL,
  asked_ms BIGINT NOT NULL,
  -- When the person moves, the PIN having been told without the digits; 0: not so.
  moves_ms BIGINT NOT NULL
);
CREATE INDEX number_move_due ON number_move (moves_ms) WHERE moves_ms > 0;
CREATE INDEX number_move_from ON number_move (from_hmac) WHERE moves_ms > 0;
CREATE INDEX number_move_asked ON number_move (asked_ms);

-- How often a number asked on a day, and was asked for.
CREATE TABLE number_move_day (
  msisdn_hmac BYTEA NOT NULL,
  side TEXT COLLATE "C" NOT NULL,
  day BIGINT NOT NULL,
  asked BIGINT NOT NULL,
  PRIMARY KEY (msisdn_hmac, side, day)
);
CREATE INDEX number_move_day_of ON number_move_day (day);

-- What came of moves, without whose they were. Rows are only ever added.
CREATE TABLE number_move_event (
  id BIGINT PRIMARY KEY,
  what TEXT COLLATE "C" NOT NULL,
  at_ms BIGINT NOT NULL
);
