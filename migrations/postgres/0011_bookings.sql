-- Bookings: who wants a worker, who can be found, who was asked, and what was answered.
--
-- Conventions as in 0001. A hiring is what a client wants (trade, place, day, pay, how many); a booking is one worker who was
-- asked for it.

-- A person who wants workers for their household: binds the person to an employer.
CREATE TABLE client (
  person_id BIGINT PRIMARY KEY REFERENCES person (id),
  employer_id BIGINT NOT NULL UNIQUE REFERENCES employer (id),
  -- Where the work is; NULL: not told yet.
  area_code BIGINT,
  -- How many workers were asked on the last day on which any was, and since somebody last said yes.
  asked_on_day BIGINT NOT NULL,
  asked_that_day BIGINT NOT NULL,
  asked_since_hired BIGINT NOT NULL,
  created_ms BIGINT NOT NULL,
  changed_ms BIGINT NOT NULL
);

-- Listed workers by trade and place, those first who said last that they are free and were asked longest ago. Written with
-- the worker's own rows; who left is taken out by the search that meets them.
CREATE TABLE bookable (
  person_id BIGINT NOT NULL REFERENCES person (id),
  trade BIGINT NOT NULL,
  district_code BIGINT NOT NULL,
  -- 0: the sector is not known.
  sector_code BIGINT NOT NULL,
  -- The day on which the worker said to be free; 0: never.
  free_on_day BIGINT NOT NULL,
  asked_ms BIGINT NOT NULL,
  PRIMARY KEY (person_id, trade)
);
CREATE INDEX bookable_in_sector ON bookable (trade, sector_code, free_on_day DESC, asked_ms, person_id);
CREATE INDEX bookable_in_district ON bookable (trade, district_code, free_on_day DESC, asked_ms, person_id);
INSERT INTO bookable (person_id, trade, district_code, sector_code, free_on_day, asked_ms)
  SELECT worker.person_id, worker_trade.trade, worker.district_code,
    CASE WHEN worker.area_code >= 10000000 THEN worker.area_code / 10000
      WHEN worker.area_code >= 100000 THEN worker.area_code / 100
      WHEN worker.area_code >= 1000 THEN worker.area_code ELSE 0 END,
    COALESCE(worker.free_on_day, 0), 0
  FROM worker JOIN worker_trade ON worker_trade.person_id = worker.person_id
  WHERE worker.listed_ms IS NOT NULL AND worker.district_code IS NOT NULL;

-- What a client wants.
CREATE TABLE hiring (
  id BIGINT PRIMARY KEY,
  -- By which people speak of it; never a job number, and never given twice.
  number BIGINT NOT NULL UNIQUE,
  client_id BIGINT NOT NULL REFERENCES client (person_id),
  employer_id BIGINT NOT NULL REFERENCES employer (id),
  trade BIGINT NOT NULL,
  area_code BIGINT NOT NULL,
  -- First day.
  day BIGINT NOT NULL,
  -- NULL: no end is set.
  days BIGINT,
  start_minute BIGINT NOT NULL,
  pay_amount BIGINT NOT NULL,
  pay_unit TEXT COLLATE "C" NOT NULL,
  paid TEXT COLLATE "C" NOT NULL,
  needed BIGINT NOT NULL,
  hired BIGINT NOT NULL,
  asked BIGINT NOT NULL,
  -- The first to accept get it, whoever they are.
  first_come BIGINT NOT NULL,
  -- Who declines or does not answer is followed by the next one.
  pass_on BIGINT NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  -- When more workers are to be asked; NULL: nothing is to be done.
  ask_due_ms BIGINT,
  created_ms BIGINT NOT NULL,
  changed_ms BIGINT NOT NULL
);
CREATE INDEX hiring_of_client ON hiring (client_id, created_ms DESC, id);
CREATE INDEX hiring_ask_due ON hiring (ask_due_ms) WHERE ask_due_ms IS NOT NULL;
-- One open call of a client for a trade and day.
CREATE UNIQUE INDEX hiring_first_come ON hiring (client_id, trade, day) WHERE first_come = 1 AND status = 'open';

-- A worker who was asked.
CREATE TABLE booking (
  id BIGINT PRIMARY KEY,
  hiring_id BIGINT NOT NULL REFERENCES hiring (id),
  client_id BIGINT NOT NULL REFERENCES client (person_id),
  worker_id BIGINT NOT NULL REFERENCES person (id),
  day BIGINT NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  -- How it was cancelled: by the worker, by the client, the places were filled, the worker or the client did not come.
  ended TEXT COLLATE "C",
  -- What was offered, and once accepted what was agreed.
  pay_amount BIGINT NOT NULL,
  -- Other pay that the worker asked for and the client has not answered.
  asked_amount BIGINT,
  -- Whose number is given.
  share TEXT COLLATE "C",
  answer_by_ms BIGINT NOT NULL,
  -- Its end has to be told to the worker.
  untold BIGINT NOT NULL,
  reminded_ms BIGINT,
  worker_came_ms BIGINT,
  client_came_ms BIGINT,
  created_ms BIGINT NOT NULL,
  changed_ms BIGINT NOT NULL
);
-- One open request of a client to a worker for a day.
CREATE UNIQUE INDEX booking_open ON booking (client_id, worker_id, day)
  WHERE state = 'requested' OR state = 'accepted' OR state = 'started';
CREATE INDEX booking_of_worker ON booking (worker_id, day, id);
CREATE INDEX booking_of_client ON booking (client_id, created_ms DESC, id);
CREATE INDEX booking_of_hiring ON booking (hiring_id, id);
CREATE INDEX booking_answer_by ON booking (answer_by_ms) WHERE state = 'requested';
CREATE INDEX booking_untold ON booking (changed_ms) WHERE untold = 1;
CREATE INDEX booking_coming ON booking (day, id) WHERE state = 'accepted' AND reminded_ms IS NULL;

-- A worker's days that are taken. Slot 1 is for who said to have time for a second job on the day.
CREATE TABLE booking_day (
  worker_id BIGINT NOT NULL REFERENCES person (id),
  day BIGINT NOT NULL,
  slot BIGINT NOT NULL,
  booking_id BIGINT NOT NULL REFERENCES booking (id),
  PRIMARY KEY (worker_id, day, slot)
);

-- Who wants no more requests of whom.
CREATE TABLE booking_block (
  person_id BIGINT NOT NULL REFERENCES person (id),
  blocked_id BIGINT NOT NULL REFERENCES person (id),
  blocked_ms BIGINT NOT NULL,
  PRIMARY KEY (person_id, blocked_id)
);

-- Somebody reported the other side of a booking.
CREATE TABLE booking_report (
  booking_id BIGINT NOT NULL REFERENCES booking (id),
  reporter_id BIGINT NOT NULL REFERENCES person (id),
  about_id BIGINT NOT NULL REFERENCES person (id),
  reported_ms BIGINT NOT NULL,
  PRIMARY KEY (booking_id, reporter_id)
);
CREATE INDEX booking_report_about ON booking_report (about_id, reporter_id);

-- What is known of a person by bookings, as worker and as client: counts alone.
CREATE TABLE booking_record (
  person_id BIGINT NOT NULL REFERENCES person (id),
  side TEXT COLLATE "C" NOT NULL,
  -- Jobs of which both sides confirmed the start.
  jobs BIGINT NOT NULL,
  -- Of those, paid in full.
  paid BIGINT NOT NULL,
  late_cancels BIGINT NOT NULL,
  absences BIGINT NOT NULL,
  PRIMARY KEY (person_id, side)
);
