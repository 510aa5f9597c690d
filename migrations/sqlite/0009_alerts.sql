-- Job alerts: who may be told of new vacancies, which vacancies are being told of, and who was told what.

-- 0: the worker looks at jobs in the menus without being scored, and is told of none.
ALTER TABLE worker ADD COLUMN scored INTEGER NOT NULL DEFAULT 1 CHECK (scored IN (0, 1));

-- Workers who may be told, one row for each trade and place by which they are looked for. All of it follows from worker,
-- worker_trade, person, phone_number and consent: `market/candidate.rs` writes it anew when one of them changes.
CREATE TABLE candidate (
  person_id INTEGER NOT NULL,
  trade INTEGER NOT NULL,
  -- The sector where they live; the district when no sector is known; 0: anywhere, of who would move.
  place INTEGER NOT NULL,
  -- Evenly spread over 0 to 65,535: where a cell has more people than are read, each vacancy begins elsewhere.
  spread INTEGER NOT NULL,
  -- What the score looks at: the area; every trade with its years, and the rest, packed as candidate.rs says.
  area_code INTEGER NOT NULL,
  trades INTEGER NOT NULL,
  facts INTEGER NOT NULL,
  rate_amount INTEGER NOT NULL,
  PRIMARY KEY (person_id, trade, place)
) STRICT, WITHOUT ROWID;
-- One cell (trade, place) with all that the score needs: the search never touches the table.
CREATE INDEX candidate_cell ON candidate (trade, place, spread, person_id, area_code, trades, facts, rate_amount);

-- A vacancy that people are told of, in waves. The row begins in the transaction that opens the vacancy.
CREATE TABLE alert_run (
  vacancy_id INTEGER PRIMARY KEY REFERENCES vacancy (id),
  -- The wave that is due or under way, counted from 1.
  wave INTEGER NOT NULL,
  -- How many were told in it so far.
  told INTEGER NOT NULL,
  -- When somebody should look at it; while a node works on it, when its lease ends. The row goes when it is over.
  next_ms INTEGER NOT NULL,
  -- Who works on it: a node that slept past its lease has another one.
  fence INTEGER NOT NULL
) STRICT;
CREATE INDEX alert_run_next ON alert_run (next_ms, vacancy_id);

-- Somebody was told of a vacancy: once. The identifier is the message's.
CREATE TABLE alert (
  id INTEGER PRIMARY KEY,
  vacancy_id INTEGER NOT NULL,
  person_id INTEGER NOT NULL,
  score INTEGER NOT NULL CHECK (score BETWEEN 0 AND 100),
  score_version INTEGER NOT NULL,
  told_ms INTEGER NOT NULL,
  UNIQUE (vacancy_id, person_id)
) STRICT;
CREATE INDEX alert_of_person ON alert (person_id, id);

-- How many jobs a person was told of on the last day on which they were told of any.
CREATE TABLE alert_day (
  person_id INTEGER PRIMARY KEY,
  day INTEGER NOT NULL,
  alerts INTEGER NOT NULL
) STRICT;

-- Offers that wait for an answer.
CREATE INDEX application_offered ON application (person_id, id) WHERE stage = 'offered';
