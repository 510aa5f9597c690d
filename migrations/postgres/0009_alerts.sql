-- Job alerts: who may be told of new vacancies, which vacancies are being told of, and who was told what.

-- 0: the worker looks at jobs in the menus without being scored, and is told of none.
ALTER TABLE worker ADD COLUMN scored BIGINT NOT NULL DEFAULT 1;

-- Workers who may be told, one row for each trade and place by which they are looked for. All of it follows from worker,
-- worker_trade, person, phone_number and consent: `market/candidate.rs` writes it anew when one of them changes.
CREATE TABLE candidate (
  person_id BIGINT NOT NULL,
  trade BIGINT NOT NULL,
  -- The sector where they live; the district when no sector is known; 0: anywhere, of who would move.
  place BIGINT NOT NULL,
  -- Evenly spread over 0 to 65,535: where a cell has more people than are read, each vacancy begins elsewhere.
  spread BIGINT NOT NULL,
  -- What the score looks at: the area; every trade with its years, and the rest, packed as candidate.rs says.
  area_code BIGINT NOT NULL,
  trades BIGINT NOT NULL,
  facts BIGINT NOT NULL,
  rate_amount BIGINT NOT NULL,
  PRIMARY KEY (person_id, trade, place)
);
-- One cell (trade, place) with all that the score needs: the search never touches the table.
CREATE INDEX candidate_cell ON candidate (trade, place, spread, person_id, area_code, trades, facts, rate_amount);

-- A vacancy that people are told of, in waves. The row begins in the transaction that opens the vacancy.
CREATE TABLE alert_run (
  vacancy_id BIGINT PRIMARY KEY REFERENCES vacancy (id),
  -- The wave that is due or under way, counted from 1.
  wave BIGINT NOT NULL,
  -- How many were told in it so far.
  told BIGINT NOT NULL,
  -- When somebody should look at it; while a node works on it, when its lease ends. The row goes when it is over.
  next_ms BIGINT NOT NULL,
  -- Who works on it: a node that slept past its lease has another one.
  fence BIGINT NOT NULL
);
CREATE INDEX alert_run_next ON alert_run (next_ms, vacancy_id);

-- Somebody was told of a vacancy: once. The identifier is the message's.
CREATE TABLE alert (
  id BIGINT PRIMARY KEY,
  vacancy_id BIGINT NOT NULL,
  person_id BIGINT NOT NULL,
  score BIGINT NOT NULL,
  score_version BIGINT NOT NULL,
  told_ms BIGINT NOT NULL,
  UNIQUE (vacancy_id, person_id)
);
CREATE INDEX alert_of_person ON alert (person_id, id);

-- How many jobs a person was told of on the last day on which they were told of any.
CREATE TABLE alert_day (
  person_id BIGINT PRIMARY KEY,
  day BIGINT NOT NULL,
  alerts BIGINT NOT NULL
);

-- Offers that wait for an answer.
CREATE INDEX application_offered ON application (person_id, id) WHERE stage = 'offered';
