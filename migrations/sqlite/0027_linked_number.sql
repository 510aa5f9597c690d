-- Two SIM cards of one person: a second number, from which they are the same person.

-- A number beside the one that stands at the person: at most one, under the owner that it had when it was linked.
CREATE TABLE linked_number (
  person_id INTEGER PRIMARY KEY REFERENCES person (id),
  msisdn_hmac BLOB NOT NULL REFERENCES phone_number (msisdn_hmac),
  number_generation INTEGER NOT NULL,
  linked_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX linked_number_on ON linked_number (msisdn_hmac, person_id);

-- What is wished: to go on with the new number, to have it beside the old one, or (all being proven) to make one of two
-- registrations.
ALTER TABLE number_move ADD COLUMN wants TEXT NOT NULL DEFAULT 'move' CHECK (wants IN ('move', 'link', 'join'));

-- `linked`, `joined` and `ended` are new in what. A CHECK cannot be altered, so the table is made anew.
CREATE TABLE number_move_event_next (
  id INTEGER PRIMARY KEY,
  what TEXT NOT NULL CHECK (what IN ('code', 'pin', 'stopped', 'linked', 'joined', 'ended')),
  at_ms INTEGER NOT NULL
) STRICT;
INSERT INTO number_move_event_next (id, what, at_ms) SELECT id, what, at_ms FROM number_move_event;
DROP TABLE number_move_event;
ALTER TABLE number_move_event_next RENAME TO number_move_event;
