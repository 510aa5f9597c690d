-- The worker's own data: PIN, wrong tries, corrections, who was asked to stay, and what was done about somebody's data.

-- A person's PIN: a keyed hash, empty while there is none. Never the digits.
CREATE TABLE pin (
  person_id INTEGER PRIMARY KEY REFERENCES person (id),
  pin_hmac BLOB NOT NULL,
  -- Typed once, in this visit and at this time; the second typing makes it the PIN.
  proposed_hmac BLOB NOT NULL,
  proposed_visit INTEGER NOT NULL,
  proposed_ms INTEGER NOT NULL,
  -- Asked for at each call, before anything of the person is shown.
  each_call INTEGER NOT NULL CHECK (each_call IN (0, 1)),
  -- The visit in which it was last told, and when.
  proven_visit INTEGER NOT NULL,
  proven_ms INTEGER NOT NULL,
  -- When it ends since it was forgotten; 0: it does not.
  reset_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX pin_reset_due ON pin (reset_ms) WHERE reset_ms > 0;

-- Wrong answers to what only one person should know, by number: they lock the number for a while.
CREATE TABLE wrong_try (
  msisdn_hmac BLOB NOT NULL,
  what TEXT NOT NULL CHECK (what = 'pin' OR what = 'birth_year'),
  -- The person whose PIN it is; 0 for the number as a whole.
  about INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  locked_until_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL,
  PRIMARY KEY (msisdn_hmac, what, about)
) STRICT, WITHOUT ROWID;
CREATE INDEX wrong_try_last ON wrong_try (last_ms);

-- What was done about somebody's data, without who they are. Rows are only ever added.
CREATE TABLE data_event (
  id INTEGER PRIMARY KEY,
  what TEXT NOT NULL CHECK (what = 'erased' OR what = 'silent' OR what = 'unfinished' OR what = 'left' OR what = 'too_young'
    OR what = 'exported'),
  -- The operator, as he gave his name; "caller" for the person, "kaziline" for the program's own doing.
  by_name TEXT NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT;

-- Receipts of erasures: the number goes from them when they have arrived.
CREATE TABLE erasure_receipt (
  message_id INTEGER PRIMARY KEY,
  strip_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX erasure_receipt_due ON erasure_receipt (strip_ms);

-- The birth year was corrected once by keypad.
ALTER TABLE worker ADD COLUMN birth_year_corrected INTEGER NOT NULL DEFAULT 0;

-- When a number that was silent for a year was asked to stay; 0: not yet; below 0: nothing more is done until it dials.
ALTER TABLE phone_number ADD COLUMN asked_ms INTEGER NOT NULL DEFAULT 0;
CREATE INDEX phone_number_silent ON phone_number (last_hop_ms) WHERE asked_ms = 0;
CREATE INDEX phone_number_asked ON phone_number (asked_ms) WHERE asked_ms > 0;
-- Who has not finished, and who has left: erased when their time is over. An erased person has generation 0.
CREATE INDEX person_unfinished ON person (changed_ms) WHERE status = 'registering' AND number_generation > 0;
CREATE INDEX person_left ON person (changed_ms) WHERE status = 'closed' AND number_generation > 0;
-- A person's messages: withdrawn and emptied with them.
CREATE INDEX outbox_of_person ON outbox (person_id, id) WHERE person_id > 0;
