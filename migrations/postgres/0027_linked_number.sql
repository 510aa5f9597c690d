-- Two SIM cards of one person: a second number, from which they are the same person.

-- A number beside the one that stands at the person: at most one, under the owner that it had when it was linked.
CREATE TABLE linked_number (
  person_id BIGINT PRIMARY KEY REFERENCES person (id),
  msisdn_hmac BYTEA NOT NULL REFERENCES phone_number (msisdn_hmac),
  number_generation BIGINT NOT NULL,
  linked_ms BIGINT NOT NULL
);
CREATE INDEX linked_number_on ON linked_number (msisdn_hmac, person_id);

-- What is wished: to go on with the new number, to have it beside the old one, or (all being proven) to make one of two
-- registrations.
ALTER TABLE number_move ADD COLUMN wants TEXT COLLATE "C" NOT NULL DEFAULT 'move';

-- `linked`, `joined` and `ended` are new in number_move_event.what, which nothing checks here: there is nothing to alter.
