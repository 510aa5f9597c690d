-- The labour market: numbers, persons, workers, employers, vacancies, applications.
--
-- Columns named *_sealed are encrypted and bound to table, column and row; *_hmac are keyed hashes, by which rows are
-- found. Times are epoch milliseconds, days are counted from 1970-01-01, amounts are in the currency's smallest unit.
-- What a CHECK says in the other folder, the program's types say here, where a hop writes: PostgreSQL reads the text of each
-- CHECK anew for every statement that writes the table, which costs more than the row.

-- A number that has dialled. Several persons may share it; its language and its STOP belong to the number.
CREATE TABLE phone_number (
  msisdn_hmac BYTEA NOT NULL PRIMARY KEY,
  msisdn_sealed BYTEA NOT NULL,
  language TEXT COLLATE "C" NOT NULL,
  -- The number's owner: networks give idle numbers to new people.
  generation BIGINT NOT NULL,
  last_hop_ms BIGINT NOT NULL,
  -- Set when the number was idle so long that it may have a new owner; cleared by an answer.
  owner_doubted BIGINT NOT NULL,
  -- When the number asked for no more messages.
  stopped_ms BIGINT
);

-- Numbers from which a child tried to register: nothing else is kept of them, and this only for a while.
CREATE TABLE refusal (
  msisdn_hmac BYTEA NOT NULL PRIMARY KEY,
  until_ms BIGINT NOT NULL
);
CREATE INDEX refusal_until ON refusal (until_ms);

-- A person, from the moment of consent.
CREATE TABLE person (
  id BIGINT PRIMARY KEY,
  msisdn_hmac BYTEA NOT NULL REFERENCES phone_number (msisdn_hmac),
  -- The number's owner when the person registered: a later owner is somebody else.
  number_generation BIGINT NOT NULL,
  name_sealed BYTEA,
  language TEXT COLLATE "C" NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  created_ms BIGINT NOT NULL,
  changed_ms BIGINT NOT NULL
);
CREATE INDEX person_on_number ON person (msisdn_hmac, id);

-- What a person agreed to, and how. Append-only: a withdrawal is written beside the consent, once.
CREATE TABLE consent (
  id BIGINT PRIMARY KEY,
  person_id BIGINT NOT NULL REFERENCES person (id),
  purpose TEXT COLLATE "C" NOT NULL,
  text_version TEXT COLLATE "C" NOT NULL,
  language TEXT COLLATE "C" NOT NULL,
  channel TEXT COLLATE "C" NOT NULL,
  -- The hop in which the key was pressed.
  hop_uid BIGINT NOT NULL,
  given_ms BIGINT NOT NULL,
  withdrawn_ms BIGINT
);
CREATE INDEX consent_of_person ON consent (person_id, purpose);

-- A person who looks for work. The row begins with the birth year: no child ever has one.
CREATE TABLE worker (
  person_id BIGINT PRIMARY KEY REFERENCES person (id),
  birth_year BIGINT NOT NULL,
  -- The deepest area known (sector, or district when the sector is not known) and its district.
  area_code BIGINT,
  district_code BIGINT,
  will_move BIGINT NOT NULL,
  rate_kind TEXT COLLATE "C" NOT NULL,
  rate_amount BIGINT NOT NULL,
  rate_unit TEXT COLLATE "C" NOT NULL,
  -- Bit sets: kinds of work wanted, days of the week (Monday is 1).
  kinds BIGINT NOT NULL,
  days BIGINT NOT NULL,
  -- NULL: never asked.
  licence BIGINT,
  -- The day on which the worker said to be free.
  free_on_day BIGINT,
  listed_ms BIGINT,
  changed_ms BIGINT NOT NULL
);

-- What a worker can do; rank 0 is the primary trade.
CREATE TABLE worker_trade (
  person_id BIGINT NOT NULL REFERENCES worker (person_id),
  trade BIGINT NOT NULL,
  rank BIGINT NOT NULL,
  -- NULL: not asked yet.
  years BIGINT,
  -- Whether the work was paid; unpaid work counts as experience. NULL: not asked yet.
  paid BIGINT,
  PRIMARY KEY (person_id, trade)
);

-- Who offers work. The tier says what was checked of them.
CREATE TABLE employer (
  id BIGINT PRIMARY KEY,
  -- Of kind, name and contact: the same employer in two files is one row.
  employer_hmac BYTEA NOT NULL UNIQUE CHECK (length(employer_hmac) = 32),
  name_sealed BYTEA NOT NULL,
  contact_sealed BYTEA NOT NULL,
  kind TEXT COLLATE "C" NOT NULL CHECK (kind = 'organisation' OR kind = 'household' OR kind = 'agency'),
  tier TEXT COLLATE "C" NOT NULL CHECK (tier = 'phone_only' OR tier = 'id_seen' OR tier = 'village_leader' OR tier = 'registered_firm'
    OR tier = 'licensed_agency'),
  created_ms BIGINT NOT NULL
);

-- Work that is offered. 0 in min_years and days, and in pay_amount, means that the vacancy does not state it.
CREATE TABLE vacancy (
  id BIGINT PRIMARY KEY,
  -- The last digit is a check digit. Never given to another vacancy.
  job_number BIGINT NOT NULL UNIQUE CHECK (job_number >= 10000),
  employer_id BIGINT NOT NULL REFERENCES employer (id),
  -- The employer is a private household: copied here since it closes the vacancy to minors.
  household BIGINT NOT NULL CHECK (household IN (0, 1)),
  live_in BIGINT NOT NULL CHECK (live_in IN (0, 1)),
  trade BIGINT NOT NULL,
  -- The deepest area stated (sector, or district), its district and its province.
  area_code BIGINT NOT NULL,
  district_code BIGINT NOT NULL,
  province_code BIGINT NOT NULL,
  kind TEXT COLLATE "C" NOT NULL CHECK (kind = 'full_time' OR kind = 'contract' OR kind = 'short' OR kind = 'casual_day'
    OR kind = 'internship' OR kind = 'apprenticeship' OR kind = 'training'),
  openings BIGINT NOT NULL CHECK (openings >= 1),
  start_day BIGINT,
  start_minute BIGINT CHECK (start_minute BETWEEN 0 AND 1439),
  duration_days BIGINT CHECK (duration_days >= 1),
  pay_amount BIGINT NOT NULL CHECK (pay_amount >= 0),
  pay_unit TEXT COLLATE "C" NOT NULL,
  paid TEXT COLLATE "C" NOT NULL CHECK (paid = 'daily' OR paid = 'weekly' OR paid = 'monthly' OR paid = 'at_end'),
  food BIGINT NOT NULL CHECK (food IN (0, 1)),
  transport BIGINT NOT NULL CHECK (transport IN (0, 1)),
  min_years BIGINT NOT NULL CHECK (min_years >= 0),
  licence BIGINT NOT NULL CHECK (licence IN (0, 1)),
  days BIGINT NOT NULL CHECK (days BETWEEN 0 AND 127),
  closes_ms BIGINT NOT NULL,
  status TEXT COLLATE "C" NOT NULL CHECK (status = 'open' OR status = 'closed' OR status = 'filled' OR status = 'held'),
  -- Where it came from and its name there: reading the same file again adds nothing.
  source TEXT COLLATE "C" NOT NULL,
  source_ref TEXT COLLATE "C" NOT NULL,
  description_sealed BYTEA NOT NULL,
  posted_ms BIGINT NOT NULL,
  changed_ms BIGINT NOT NULL,
  UNIQUE (source, source_ref)
);

-- One cell (trade, district) of open vacancies, newest first, with all that the score and the list need: the search for
-- a worker's jobs never touches the table.
CREATE INDEX vacancy_open_cell ON vacancy (trade, district_code, posted_ms DESC, id, area_code, household, live_in, kind,
  start_day, start_minute, pay_amount, pay_unit, min_years, licence, days, closes_ms) WHERE status = 'open';
-- Vacancies whose time is over, for the job that closes them.
CREATE INDEX vacancy_open_until ON vacancy (closes_ms) WHERE status = 'open';

-- A worker asked for a vacancy: once, whatever is delivered twice.
CREATE TABLE application (
  id BIGINT PRIMARY KEY,
  vacancy_id BIGINT NOT NULL REFERENCES vacancy (id),
  person_id BIGINT NOT NULL REFERENCES person (id),
  stage TEXT COLLATE "C" NOT NULL,
  -- Whether the employer may have the worker's number.
  share_number BIGINT NOT NULL,
  -- The score as it was when asked, with its parts: it answers the person's question and an audit. NULL: the vacancy
  -- does not state the criterion.
  score_version BIGINT NOT NULL,
  score_total BIGINT NOT NULL,
  score_trade BIGINT NOT NULL,
  score_place BIGINT NOT NULL,
  score_pay BIGINT,
  score_experience BIGINT,
  score_skills BIGINT,
  score_schedule BIGINT,
  -- The step of the visit that applied: running it again finds the row.
  operation_key TEXT COLLATE "C" NOT NULL UNIQUE,
  applied_ms BIGINT NOT NULL,
  changed_ms BIGINT NOT NULL,
  UNIQUE (vacancy_id, person_id)
);
CREATE INDEX application_of_person ON application (person_id, applied_ms DESC, id, vacancy_id);
