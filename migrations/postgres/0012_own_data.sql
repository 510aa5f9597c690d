-- The worker's own data: PIN, wrong tries, corrections, who was asked to stay, and what was done about somebody's data.

-- A person's PIN: a keyed hash, empty while there is none. Never the digits.
CREATE TABLE pin (
  person_id BIGINT PRIMARY KEY REFERENCES person (id),
  pin_hmac BYTEA NOT NULL,
  -- Typed once, in this visit and at this time; the second typing makes it the PIN.
  proposed_hmac BYTEA NOT NULL,
  proposed_visit BIGINT NOT NULL,
  proposed_ms BIGINT NOT NULL,
  -- Asked for at each call, before anything of the person is shown.
  each_call BIGINT NOT NULL,
  -- The visit in which it was last told, and when.
  proven_visit BIGINT NOT NULL,
  proven_ms BIGINT NOT NULL,
  -- When it ends since it was forgotten; 0: it does not.
  reset_ms BIGINT NOT NULL
);
CREATE INDEX pin_reset_due ON pin (reset_ms) WHERE reset_ms > 0;

-- Wrong answers to what only one person should know, by number: they lock the number for a while.
CREATE TABLE wrong_try (
  msisdn_hmac BYTEA NOT NULL,
  what TEXT COLLATE "C" NOT NULL,
  -- The person whose PIN it is; 0 for the number as a whole.
  about BIGINT NOT NULL,
  tries BIGINT NOT NULL,
  locked_until_ms BIGINT NOT NULL,
  last_ms BIGINT NOT NULL,
  PRIMARY KEY (msisdn_hmac, what, about)
);
CREATE INDEX wrong_try_last ON wrong_try (last_ms);

-- What was done about somebody's data, without who they are. Rows are only ever added.
CREATE TABLE data_event (
  id BIGINT PRIMARY KEY,
  what TEXT COLLATE "C" NOT NULL,
  -- The operator, as he gave his name; "caller" for the person, "kaziline" for the program's own doing.
  by_name TEXT COLLATE "C" NOT NULL,
  at_ms BIGINT NOT NULL
);

-- Receipts of erasures: the number goes from them when they have arrived.
CREATE TABLE erasure_receipt (
  message_id BIGINT PRIMARY KEY,
  strip_ms BIGINT NOT NULL
);
CREATE INDEX erasure_receipt_due ON erasure_receipt (strip_ms);

-- The birth year was corrected once by keypad.
ALTER TABLE worker ADD COLUMN birth_year_corrected BIGINT NOT NULL DEFAULT 0;

-- When a number that was silent for a year was asked to stay; 0: not yet; below 0: nothing more is done until it dials.
ALTER TABLE phone_number ADD COLUMN asked_ms BIGINT NOT NULL DEFAULT 0;
CREATE INDEX phone_number_silent ON phone_number (last_hop_ms) WHERE asked_ms = 0;
CREATE INDEX phone_number_asked ON phone_number (asked_ms) WHERE asked_ms > 0;
-- Who has not finished, and who has left: erased when their time is over. An erased person has generation 0.
CREATE INDEX person_unfinished ON person (changed_ms) WHERE status = 'registering' AND number_generation > 0;
CREATE INDEX person_left ON person (changed_ms) WHERE status = 'closed' AND number_generation > 0;
-- A person's messages: withdrawn and emptied with them.
CREATE INDEX outbox_of_person ON outbox (person_id, id) WHERE person_id > 0;
