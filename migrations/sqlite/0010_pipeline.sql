-- The pipeline: each move of an application, what goes with it, and the mail address that a person has given.

-- Each move, and who made it. Append-only: rows go with the person alone, when they are erased.
CREATE TABLE application_event (
  id INTEGER NOT NULL PRIMARY KEY,
  application_id INTEGER NOT NULL REFERENCES application (id),
  from_stage TEXT NOT NULL CHECK (from_stage IN ('applied', 'shortlisted', 'assessment', 'interview', 'offered', 'hired', 'rejected',
    'withdrawn', 'expired')),
  to_stage TEXT NOT NULL CHECK (to_stage IN ('applied', 'shortlisted', 'assessment', 'interview', 'offered', 'hired', 'rejected',
    'withdrawn', 'expired')),
  -- Who moved it: a token of the employer, an operator, the applicant, the service itself; and which one (0: the service).
  by_kind TEXT NOT NULL CHECK (by_kind IN ('token', 'operator', 'applicant', 'system')),
  by_id INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  -- For the employer's own use; NULL: none.
  note_sealed BLOB,
  -- What the applicant was told beside the stage: the place of an interview; NULL: nothing.
  words_sealed BLOB,
  -- The same cause moves an application once.
  operation_key TEXT NOT NULL,
  UNIQUE (application_id, operation_key)
) STRICT;

-- Where an applicant is asked to come: to a trial, to talk.
CREATE TABLE appointment (
  application_id INTEGER NOT NULL REFERENCES application (id),
  kind TEXT NOT NULL CHECK (kind IN ('assessment', 'interview')),
  -- NULL: to be agreed.
  day INTEGER,
  minute INTEGER CHECK (minute BETWEEN 0 AND 1439),
  -- The place of an interview; what an assessment is.
  words_sealed BLOB NOT NULL,
  set_ms INTEGER NOT NULL,
  PRIMARY KEY (application_id, kind)
) STRICT, WITHOUT ROWID;

-- What is offered. It is open exactly as long as its application stands on 'offered'.
CREATE TABLE offer (
  application_id INTEGER NOT NULL PRIMARY KEY REFERENCES application (id),
  -- 0: the vacancy does not pay, for one learns.
  pay_amount INTEGER NOT NULL CHECK (pay_amount >= 0),
  pay_unit TEXT NOT NULL,
  start_day INTEGER,
  start_minute INTEGER CHECK (start_minute BETWEEN 0 AND 1439),
  -- It may be answered before this time.
  until_ms INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'accepted', 'declined', 'withdrawn', 'lapsed')),
  offered_ms INTEGER NOT NULL,
  answered_ms INTEGER
) STRICT;
-- Offers whose time is over, for the job that ends them.
CREATE INDEX offer_open_until ON offer (until_ms, application_id) WHERE status = 'open';

-- The applicants of a vacancy by stage: lists, places that are taken, and who is still to be told that it is over.
CREATE INDEX application_by_stage ON application (vacancy_id, stage, id);

-- When those who still wait for an answer are to be told that the vacancy is over; -1: they were.
ALTER TABLE vacancy ADD COLUMN settle_ms INTEGER NOT NULL DEFAULT 0;
CREATE INDEX vacancy_to_settle ON vacancy (settle_ms, id) WHERE settle_ms >= 0 AND (status = 'closed' OR status = 'filled');

-- A mail address in its normal form, and its keyed hash; NULL: none was given.
ALTER TABLE person ADD COLUMN mail_sealed BLOB;
ALTER TABLE person ADD COLUMN mail_hmac BLOB;
CREATE INDEX person_by_mail ON person (mail_hmac, id) WHERE mail_hmac IS NOT NULL;
