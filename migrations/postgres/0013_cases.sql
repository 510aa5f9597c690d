-- Cases (somebody needs help), reports on vacancies and what becomes of them, and what was checked of employers.

-- A problem that somebody told us of. It belongs to a number, and to a person where one was known.
CREATE TABLE help_case (
  id BIGINT PRIMARY KEY,
  -- What people call it. The last digit is a check digit; no case number is a job number.
  case_number BIGINT NOT NULL UNIQUE,
  kind TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  -- NULL once its owner is erased: the case stays, without identity.
  msisdn_hmac BYTEA,
  number_generation BIGINT NOT NULL,
  person_id BIGINT,
  -- What it is about, where the person said so.
  vacancy_id BIGINT REFERENCES vacancy (id),
  application_id BIGINT,
  booking_id BIGINT,
  -- While it is not over: keyed hash of who, kind and about. The same problem told twice is one case.
  open_key BYTEA UNIQUE,
  -- While it is not over: one of the few places that a number has.
  open_slot BIGINT,
  -- When the person wants to be called.
  call_part TEXT COLLATE "C" NOT NULL,
  -- Nothing is written to the phone, and no list on it shows the case.
  quiet BIGINT NOT NULL,
  -- The operator who works on it; empty: nobody yet.
  taken_by TEXT COLLATE "C" NOT NULL,
  -- To whom it was handed over, by its name in the country pack; empty: nobody.
  office TEXT COLLATE "C" NOT NULL,
  opened_ms BIGINT NOT NULL,
  -- By when an operator answers.
  due_ms BIGINT NOT NULL,
  -- When the person was asked whether it is settled; 0: not since it was answered.
  asked_ms BIGINT NOT NULL,
  changed_ms BIGINT NOT NULL,
  UNIQUE (msisdn_hmac, number_generation, open_slot)
);
CREATE INDEX help_case_of_number ON help_case (msisdn_hmac, number_generation, opened_ms DESC, id);
CREATE INDEX help_case_of_person ON help_case (person_id, id) WHERE person_id IS NOT NULL;
CREATE INDEX help_case_state ON help_case (state, changed_ms, id);
CREATE INDEX help_case_due ON help_case (due_ms, id) WHERE state = 'open';

-- What happened to a case, who did it and when. Append-only.
CREATE TABLE help_case_event (
  id BIGINT PRIMARY KEY,
  case_id BIGINT NOT NULL REFERENCES help_case (id),
  what TEXT COLLATE "C" NOT NULL,
  -- person, operator or service.
  by_kind TEXT COLLATE "C" NOT NULL,
  -- The operator's name.
  by_whom TEXT COLLATE "C" NOT NULL,
  -- Where the case stood afterwards.
  state TEXT COLLATE "C" NOT NULL,
  -- Sealed; NULL: no note.
  note_sealed BYTEA,
  at_ms BIGINT NOT NULL,
  -- 1 until the person was told of it.
  untold BIGINT NOT NULL
);
CREATE INDEX help_case_event_of ON help_case_event (case_id, id);
CREATE INDEX help_case_event_untold ON help_case_event (id) WHERE untold = 1;

-- Somebody who saw a job reports it: once from a number, whoever holds the phone.
CREATE TABLE vacancy_report (
  id BIGINT PRIMARY KEY,
  vacancy_id BIGINT NOT NULL REFERENCES vacancy (id),
  msisdn_hmac BYTEA NOT NULL,
  number_generation BIGINT NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  -- Reports of a vacancy are numbered, so that of two that come at once one is the later.
  place BIGINT NOT NULL,
  -- 0 once a person has looked at the vacancy.
  counts BIGINT NOT NULL,
  at_ms BIGINT NOT NULL,
  UNIQUE (vacancy_id, msisdn_hmac, number_generation),
  UNIQUE (vacancy_id, place)
);
CREATE INDEX vacancy_report_of_number ON vacancy_report (msisdn_hmac, at_ms);

-- Vacancies that wait for a person's look, since when and why.
CREATE TABLE vacancy_hold (
  vacancy_id BIGINT PRIMARY KEY REFERENCES vacancy (id),
  why TEXT COLLATE "C" NOT NULL,
  since_ms BIGINT NOT NULL
);
CREATE INDEX vacancy_hold_since ON vacancy_hold (since_ms, vacancy_id);
INSERT INTO vacancy_hold (vacancy_id, why, since_ms)
  SELECT id, 'operator', changed_ms FROM vacancy WHERE status = 'held';

-- What was decided about a vacancy, by whom and when. Append-only.
CREATE TABLE vacancy_event (
  id BIGINT PRIMARY KEY,
  vacancy_id BIGINT NOT NULL REFERENCES vacancy (id),
  what TEXT COLLATE "C" NOT NULL,
  why TEXT COLLATE "C" NOT NULL,
  -- The operator's name; empty: the service.
  by_whom TEXT COLLATE "C" NOT NULL,
  at_ms BIGINT NOT NULL
);
CREATE INDEX vacancy_event_of ON vacancy_event (vacancy_id, id);

-- Vacancies that an operator took back and whose applicants are still to be told.
CREATE TABLE vacancy_withdrawal (
  vacancy_id BIGINT PRIMARY KEY REFERENCES vacancy (id),
  since_ms BIGINT NOT NULL
);

-- Vacancies that are held or were taken back, and whose alerts that wait to be sent are still to be cancelled.
CREATE TABLE vacancy_alert_stop (
  vacancy_id BIGINT PRIMARY KEY REFERENCES vacancy (id)
);

-- What was checked of an employer, by whom and when. Append-only.
CREATE TABLE employer_check (
  id BIGINT PRIMARY KEY,
  employer_id BIGINT NOT NULL REFERENCES employer (id),
  what TEXT COLLATE "C" NOT NULL CHECK (what = 'tier' OR what = 'licence' OR what = 'blocked' OR what = 'unblocked'),
  -- The employer's tier afterwards.
  tier TEXT COLLATE "C" NOT NULL,
  by_whom TEXT COLLATE "C" NOT NULL,
  at_ms BIGINT NOT NULL,
  -- Until when a licence holds, and its number, sealed.
  until_ms BIGINT,
  licence_sealed BYTEA,
  -- Sealed; NULL: no note.
  note_sealed BYTEA
);
CREATE INDEX employer_check_of ON employer_check (employer_id, id);

-- Until when the licence holds that was seen; 0: none was.
ALTER TABLE employer ADD COLUMN licence_until_ms BIGINT NOT NULL DEFAULT 0;
-- When it was blocked; 0: it is not.
ALTER TABLE employer ADD COLUMN blocked_ms BIGINT NOT NULL DEFAULT 0;
CREATE INDEX employer_licence ON employer (licence_until_ms, id) WHERE licence_until_ms > 0;
CREATE INDEX vacancy_open_of_employer ON vacancy (employer_id, id) WHERE status = 'open';
