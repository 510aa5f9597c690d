-- The pipeline: each move of an application, what goes with it, and the mail address that a person has given.

-- Each move, and who made it. Append-only: rows go with the person alone, when they are erased.
CREATE TABLE application_event (
  id BIGINT NOT NULL PRIMARY KEY,
  application_id BIGINT NOT NULL REFERENCES application (id),
  from_stage TEXT COLLATE "C" NOT NULL,
  to_stage TEXT COLLATE "C" NOT NULL,
  -- Who moved it: a token of the employer, an operator, the applicant, the service itself; and which one (0: the service).
  by_kind TEXT COLLATE "C" NOT NULL,
  by_id BIGINT NOT NULL,
  at_ms BIGINT NOT NULL,
  -- For the employer's own use; NULL: none.
  note_sealed BYTEA,
  -- What the applicant was told beside the stage: the place of an interview; NULL: nothing.
  words_sealed BYTEA,
  -- The same cause moves an application once.
  operation_key TEXT COLLATE "C" NOT NULL,
  UNIQUE (application_id, operation_key)
);

-- Where an applicant is asked to come: to a trial, to talk.
CREATE TABLE appointment (
  application_id BIGINT NOT NULL REFERENCES application (id),
  kind TEXT COLLATE "C" NOT NULL,
  -- NULL: to be agreed.
  day BIGINT,
  minute BIGINT,
  -- The place of an interview; what an assessment is.
  words_sealed BYTEA NOT NULL,
  set_ms BIGINT NOT NULL,
  PRIMARY KEY (application_id, kind)
);

-- What is offered. It is open exactly as long as its application stands on 'offered'.
CREATE TABLE offer (
  application_id BIGINT NOT NULL PRIMARY KEY REFERENCES application (id),
  -- 0: the vacancy does not pay, for one learns.
  pay_amount BIGINT NOT NULL,
  pay_unit TEXT COLLATE "C" NOT NULL,
  start_day BIGINT,
  start_minute BIGINT,
  -- It may be answered before this time.
  until_ms BIGINT NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  offered_ms BIGINT NOT NULL,
  answered_ms BIGINT
);
-- Offers whose time is over, for the job that ends them.
CREATE INDEX offer_open_until ON offer (until_ms, application_id) WHERE status = 'open';

-- The applicants of a vacancy by stage: lists, places that are taken, and who is still to be told that it is over.
CREATE INDEX application_by_stage ON application (vacancy_id, stage, id);

-- When those who still wait for an answer are to be told that the vacancy is over; -1: they were.
ALTER TABLE vacancy ADD COLUMN settle_ms BIGINT NOT NULL DEFAULT 0;
CREATE INDEX vacancy_to_settle ON vacancy (settle_ms, id) WHERE settle_ms >= 0 AND (status = 'closed' OR status = 'filled');

-- A mail address in its normal form, and its keyed hash; NULL: none was given.
ALTER TABLE person ADD COLUMN mail_sealed BYTEA;
ALTER TABLE person ADD COLUMN mail_hmac BYTEA;
CREATE INDEX person_by_mail ON person (mail_hmac, id) WHERE mail_hmac IS NOT NULL;
