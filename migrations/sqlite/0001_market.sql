-- The labour market: numbers, persons, workers, employers, vacancies, applications.
--
-- Columns named *_sealed are encrypted and bound to table, column and row; *_hmac are keyed hashes, by which rows are
-- found. Times are epoch milliseconds, days are counted from 1970-01-01, amounts are in the currency's smallest unit.
-- Words are checked by `=` and OR: for a list of more than two behind IN, SQLite builds a table at every write.

-- A number that has dialled. Several persons may share it; its language and its STOP belong to the number.
CREATE TABLE phone_number (
  msisdn_hmac BLOB NOT NULL PRIMARY KEY CHECK (length(msisdn_hmac) = 32),
  msisdn_sealed BLOB NOT NULL,
  language TEXT NOT NULL CHECK (length(language) = 2),
  -- The number's owner: networks give idle numbers to new people.
  generation INTEGER NOT NULL CHECK (generation >= 1),
  last_hop_ms INTEGER NOT NULL,
  -- Set when the number was idle so long that it may have a new owner; cleared by an answer.
  owner_doubted INTEGER NOT NULL CHECK (owner_doubted IN (0, 1)),
  -- When the number asked for no more messages.
  stopped_ms INTEGER
) STRICT, WITHOUT ROWID;

-- Numbers from which a child tried to register: nothing else is kept of them, and this only for a while.
CREATE TABLE refusal (
  msisdn_hmac BLOB NOT NULL PRIMARY KEY CHECK (length(msisdn_hmac) = 32),
  until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX refusal_until ON refusal (until_ms);

-- A person, from the moment of consent.
CREATE TABLE person (
  id INTEGER PRIMARY KEY,
  msisdn_hmac BLOB NOT NULL REFERENCES phone_number (msisdn_hmac),
  -- The number's owner when the person registered: a later owner is somebody else.
  number_generation INTEGER NOT NULL,
  name_sealed BLOB,
  language TEXT NOT NULL CHECK (length(language) = 2),
  status TEXT NOT NULL CHECK (status = 'registering' OR status = 'listed' OR status = 'closed'),
  created_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX person_on_number ON person (msisdn_hmac, id);

-- What a person agreed to, and how. Append-only: a withdrawal is written beside the consent, once.
CREATE TABLE consent (
  id INTEGER PRIMARY KEY,
  person_id INTEGER NOT NULL REFERENCES person (id),
  purpose TEXT NOT NULL CHECK (purpose = 'matching' OR purpose = 'alerts' OR purpose = 'statistics'),
  text_version TEXT NOT NULL,
  language TEXT NOT NULL CHECK (length(language) = 2),
  channel TEXT NOT NULL,
  -- The hop in which the key was pressed.
  hop_uid INTEGER NOT NULL,
  given_ms INTEGER NOT NULL,
  withdrawn_ms INTEGER
) STRICT;
CREATE INDEX consent_of_person ON consent (person_id, purpose);

-- A person who looks for work. The row begins with the birth year: no child ever has one.
CREATE TABLE worker (
  person_id INTEGER PRIMARY KEY REFERENCES person (id),
  birth_year INTEGER NOT NULL,
  -- The deepest area known (sector, or district when the sector is not known) and its district.
  area_code INTEGER,
  district_code INTEGER,
  will_move INTEGER NOT NULL CHECK (will_move IN (0, 1)),
  rate_kind TEXT NOT NULL CHECK (rate_kind = 'unset' OR rate_kind = 'agree' OR rate_kind = 'amount'),
  rate_amount INTEGER NOT NULL CHECK (rate_amount >= 0),
  rate_unit TEXT NOT NULL,
  -- Bit sets: kinds of work wanted, days of the week (Monday is 1).
  kinds INTEGER NOT NULL CHECK (kinds BETWEEN 0 AND 127),
  days INTEGER NOT NULL CHECK (days BETWEEN 0 AND 127),
  -- NULL: never asked.
  licence INTEGER CHECK (licence IN (0, 1)),
  -- The day on which the worker said to be free.
  free_on_day INTEGER,
  listed_ms INTEGER,
  changed_ms INTEGER NOT NULL
) STRICT;

-- What a worker can do; rank 0 is the primary trade.
CREATE TABLE worker_trade (
  person_id INTEGER NOT NULL REFERENCES worker (person_id),
  trade INTEGER NOT NULL,
  rank INTEGER NOT NULL CHECK (rank >= 0),
  -- NULL: not asked yet.
  years INTEGER CHECK (years >= 0),
  -- Whether the work was paid; unpaid work counts as experience. NULL: not asked yet.
  paid INTEGER CHECK (paid IN (0, 1)),
  PRIMARY KEY (person_id, trade)
) STRICT, WITHOUT ROWID;

-- Who offers work. The tier says what was checked of them.
CREATE TABLE employer (
  id INTEGER PRIMARY KEY,
  -- Of kind, name and contact: the same employer in two files is one row.
  employer_hmac BLOB NOT NULL UNIQUE CHECK (length(employer_hmac) = 32),
  name_sealed BLOB NOT NULL,
  contact_sealed BLOB NOT NULL,
  kind TEXT NOT NULL CHECK (kind = 'organisation' OR kind = 'household' OR kind = 'agency'),
  tier TEXT NOT NULL CHECK (tier = 'phone_only' OR tier = 'id_seen' OR tier = 'village_leader' OR tier = 'registered_firm'
    OR tier = 'licensed_agency'),
  created_ms INTEGER NOT NULL
) STRICT;

-- Work that is offered. 0 in min_years and days, and in pay_amount, means that the vacancy does not state it.
CREATE TABLE vacancy (
  id INTEGER PRIMARY KEY,
  -- The last digit is a check digit. Never given to another vacancy.
  job_number INTEGER NOT NULL UNIQUE CHECK (job_number >= 10000),
  employer_id INTEGER NOT NULL REFERENCES employer (id),
  -- The employer is a private household: copied here since it closes the vacancy to minors.
  household INTEGER NOT NULL CHECK (household IN (0, 1)),
  live_in INTEGER NOT NULL CHECK (live_in IN (0, 1)),
  trade INTEGER NOT NULL,
  -- The deepest area stated (sector, or district), its district and its province.
  area_code INTEGER NOT NULL,
  district_code INTEGER NOT NULL,
  province_code INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind = 'full_time' OR kind = 'contract' OR kind = 'short' OR kind = 'casual_day'
    OR kind = 'internship' OR kind = 'apprenticeship' OR kind = 'training'),
  openings INTEGER NOT NULL CHECK (openings >= 1),
  start_day INTEGER,
  start_minute INTEGER CHECK (start_minute BETWEEN 0 AND 1439),
  duration_days INTEGER CHECK (duration_days >= 1),
  pay_amount INTEGER NOT NULL CHECK (pay_amount >= 0),
  pay_unit TEXT NOT NULL,
  paid TEXT NOT NULL CHECK (paid = 'daily' OR paid = 'weekly' OR paid = 'monthly' OR paid = 'at_end'),
  food INTEGER NOT NULL CHECK (food IN (0, 1)),
  transport INTEGER NOT NULL CHECK (transport IN (0, 1)),
  min_years INTEGER NOT NULL CHECK (min_years >= 0),
  licence INTEGER NOT NULL CHECK (licence IN (0, 1)),
  days INTEGER NOT NULL CHECK (days BETWEEN 0 AND 127),
  closes_ms INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status = 'open' OR status = 'closed' OR status = 'filled' OR status = 'held'),
  -- Where it came from and its name there: reading the same file again adds nothing.
  source TEXT NOT NULL,
  source_ref TEXT NOT NULL,
  description_sealed BLOB NOT NULL,
  posted_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL,
  UNIQUE (source, source_ref)
) STRICT;

-- One cell (trade, district) of open vacancies, newest first, with all that the score and the list need: the search for
-- a worker's jobs never touches the table.
CREATE INDEX vacancy_open_cell ON vacancy (trade, district_code, posted_ms DESC, id, area_code, household, live_in, kind,
  start_day, start_minute, pay_amount, pay_unit, min_years, licence, days, closes_ms) WHERE status = 'open';
-- Vacancies whose time is over, for the job that closes them.
CREATE INDEX vacancy_open_until ON vacancy (closes_ms) WHERE status = 'open';

-- A worker asked for a vacancy: once, whatever is delivered twice.
CREATE TABLE application (
  id INTEGER PRIMARY KEY,
  vacancy_id INTEGER NOT NULL REFERENCES vacancy (id),
  person_id INTEGER NOT NULL REFERENCES person (id),
  stage TEXT NOT NULL CHECK (stage = 'applied' OR stage = 'shortlisted' OR stage = 'assessment' OR stage = 'interview'
    OR stage = 'offered' OR stage = 'hired' OR stage = 'rejected' OR stage = 'withdrawn'
    OR stage = 'expired'),
  -- Whether the employer may have the worker's number.
  share_number INTEGER NOT NULL CHECK (share_number IN (0, 1)),
  -- The score as it was when asked, with its parts: it answers the person's question and an audit. NULL: the vacancy
  -- does not state the criterion.
  score_version INTEGER NOT NULL,
  score_total INTEGER NOT NULL CHECK (score_total BETWEEN 0 AND 100),
  score_trade INTEGER NOT NULL,
  score_place INTEGER NOT NULL,
  score_pay INTEGER,
  score_experience INTEGER,
  score_skills INTEGER,
  score_schedule INTEGER,
  -- The step of the visit that applied: running it again finds the row.
  operation_key TEXT NOT NULL UNIQUE,
  applied_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL,
  UNIQUE (vacancy_id, person_id)
) STRICT;
CREATE INDEX application_of_person ON application (person_id, applied_ms DESC, id, vacancy_id);
