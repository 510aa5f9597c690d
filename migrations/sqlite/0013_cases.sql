-- Cases (somebody needs help), reports on vacancies and what becomes of them, and what was checked of employers.

-- A problem that somebody told us of. It belongs to a number, and to a person where one was known.
CREATE TABLE help_case (
  id INTEGER PRIMARY KEY,
  -- What people call it. The last digit is a check digit; no case number is a job number.
  case_number INTEGER NOT NULL UNIQUE CHECK (case_number >= 10000),
  kind TEXT NOT NULL CHECK (kind = 'unpaid' OR kind = 'unsafe' OR kind = 'fraud' OR kind = 'my_data' OR kind = 'other'),
  state TEXT NOT NULL CHECK (state = 'open' OR state = 'answered' OR state = 'waiting' OR state = 'handed_over'
    OR state = 'settled' OR state = 'closed'),
  -- NULL once its owner is erased: the case stays, without identity.
  msisdn_hmac BLOB CHECK (length(msisdn_hmac) = 32),
  number_generation INTEGER NOT NULL,
  person_id INTEGER,
  -- What it is about, where the person said so.
  vacancy_id INTEGER REFERENCES vacancy (id),
  application_id INTEGER,
  booking_id INTEGER,
  -- While it is not over: keyed hash of who, kind and about. The same problem told twice is one case.
  open_key BLOB UNIQUE CHECK (length(open_key) = 32),
  -- While it is not over: one of the few places that a number has.
  open_slot INTEGER CHECK (open_slot >= 1),
  -- When the person wants to be called.
  call_part TEXT NOT NULL CHECK (call_part = 'none' OR call_part = 'now' OR call_part = 'morning'
    OR call_part = 'afternoon' OR call_part = 'evening'),
  -- Nothing is written to the phone, and no list on it shows the case.
  quiet INTEGER NOT NULL CHECK (quiet IN (0, 1)),
  -- The operator who works on it; empty: nobody yet.
  taken_by TEXT NOT NULL,
  -- To whom it was handed over, by its name in the country pack; empty: nobody.
  office TEXT NOT NULL,
  opened_ms INTEGER NOT NULL,
  -- By when an operator answers.
  due_ms INTEGER NOT NULL,
  -- When the person was asked whether it is settled; 0: not since it was answered.
  asked_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL,
  UNIQUE (msisdn_hmac, number_generation, open_slot)
) STRICT;
CREATE INDEX help_case_of_number ON help_case (msisdn_hmac, number_generation, opened_ms DESC, id);
CREATE INDEX help_case_of_person ON help_case (person_id, id) WHERE person_id IS NOT NULL;
CREATE INDEX help_case_state ON help_case (state, changed_ms, id);
CREATE INDEX help_case_due ON help_case (due_ms, id) WHERE state = 'open';

-- What happened to a case, who did it and when. Append-only.
CREATE TABLE help_case_event (
  id INTEGER PRIMARY KEY,
  case_id INTEGER NOT NULL REFERENCES help_case (id),
  what TEXT NOT NULL,
  -- person, operator or service.
  by_kind TEXT NOT NULL CHECK (by_kind = 'person' OR by_kind = 'operator' OR by_kind = 'service'),
  -- The operator's name.
  by_whom TEXT NOT NULL,
  -- Where the case stood afterwards.
  state TEXT NOT NULL,
  -- Sealed; NULL: no note.
  note_sealed BLOB,
  at_ms INTEGER NOT NULL,
  -- 1 until the person was told of it.
  untold INTEGER NOT NULL CHECK (untold IN (0, 1))
) STRICT;
CREATE INDEX help_case_event_of ON help_case_event (case_id, id);
CREATE INDEX help_case_event_untold ON help_case_event (id) WHERE untold = 1;

-- Somebody who saw a job reports it: once from a number, whoever holds the phone.
CREATE TABLE vacancy_report (
  id INTEGER PRIMARY KEY,
  vacancy_id INTEGER NOT NULL REFERENCES vacancy (id),
  msisdn_hmac BLOB NOT NULL CHECK (length(msisdn_hmac) = 32),
  number_generation INTEGER NOT NULL,
  reason TEXT NOT NULL CHECK (reason = 'money' OR reason = 'not_real' OR reason = 'unsafe' OR reason = 'other'),
  -- Reports of a vacancy are numbered, so that of two that come at once one is the later.
  place INTEGER NOT NULL CHECK (place >= 1),
  -- 0 once a person has looked at the vacancy.
  counts INTEGER NOT NULL CHECK (counts IN (0, 1)),
  at_ms INTEGER NOT NULL,
  UNIQUE (vacancy_id, msisdn_hmac, number_generation),
  UNIQUE (vacancy_id, place)
) STRICT;
CREATE INDEX vacancy_report_of_number ON vacancy_report (msisdn_hmac, at_ms);

-- Vacancies that wait for a person's look, since when and why.
CREATE TABLE vacancy_hold (
  vacancy_id INTEGER PRIMARY KEY REFERENCES vacancy (id),
  why TEXT NOT NULL CHECK (why = 'worker_pays' OR why = 'phone_number' OR why = 'reports' OR why = 'employer_blocked'
    OR why = 'no_licence' OR why = 'operator'),
  since_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX vacancy_hold_since ON vacancy_hold (since_ms, vacancy_id);
INSERT INTO vacancy_hold (vacancy_id, why, since_ms)
  SELECT id, 'operator', changed_ms FROM vacancy WHERE status = 'held';

-- What was decided about a vacancy, by whom and when. Append-only.
CREATE TABLE vacancy_event (
  id INTEGER PRIMARY KEY,
  vacancy_id INTEGER NOT NULL REFERENCES vacancy (id),
  what TEXT NOT NULL CHECK (what = 'held' OR what = 'released' OR what = 'closed'),
  why TEXT NOT NULL,
  -- The operator's name; empty: the service.
  by_whom TEXT NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX vacancy_event_of ON vacancy_event (vacancy_id, id);

-- Vacancies that an operator took back and whose applicants are still to be told.
CREATE TABLE vacancy_withdrawal (
  vacancy_id INTEGER PRIMARY KEY REFERENCES vacancy (id),
  since_ms INTEGER NOT NULL
) STRICT;

-- Vacancies that are held or were taken back, and whose alerts that wait to be sent are still to be cancelled.
CREATE TABLE vacancy_alert_stop (
  vacancy_id INTEGER PRIMARY KEY REFERENCES vacancy (id)
) STRICT;

-- What was checked of an employer, by whom and when. Append-only.
CREATE TABLE employer_check (
  id INTEGER PRIMARY KEY,
  employer_id INTEGER NOT NULL REFERENCES employer (id),
  what TEXT NOT NULL CHECK (what = 'tier' OR what = 'licence' OR what = 'blocked' OR what = 'unblocked'),
  -- The employer's tier afterwards.
  tier TEXT NOT NULL,
  by_whom TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  -- Until when a licence holds, and its number, sealed.
  until_ms INTEGER,
  licence_sealed BLOB,
  -- Sealed; NULL: no note.
  note_sealed BLOB
) STRICT;
CREATE INDEX employer_check_of ON employer_check (employer_id, id);

-- Until when the licence holds that was seen; 0: none was.
ALTER TABLE employer ADD COLUMN licence_until_ms INTEGER NOT NULL DEFAULT 0;
-- When it was blocked; 0: it is not.
ALTER TABLE employer ADD COLUMN blocked_ms INTEGER NOT NULL DEFAULT 0;
CREATE INDEX employer_licence ON employer (licence_until_ms, id) WHERE licence_until_ms > 0;
CREATE INDEX vacancy_open_of_employer ON vacancy (employer_id, id) WHERE status = 'open';
