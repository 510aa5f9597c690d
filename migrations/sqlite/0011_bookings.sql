-- Bookings: who wants a worker, who can be found, who was asked, and what was answered.
--
-- Conventions as in 0001. A hiring is what a client wants (trade, place, day, pay, how many); a booking is one worker who was
-- asked for it.

-- A person who wants workers for their household: binds the person to an employer.
CREATE TABLE client (
  person_id INTEGER PRIMARY KEY REFERENCES person (id),
  employer_id INTEGER NOT NULL UNIQUE REFERENCES employer (id),
  -- Where the work is; NULL: not told yet.
  area_code INTEGER,
  -- How many workers were asked on the last day on which any was, and since somebody last said yes.
  asked_on_day INTEGER NOT NULL,
  asked_that_day INTEGER NOT NULL CHECK (asked_that_day >= 0),
  asked_since_hired INTEGER NOT NULL CHECK (asked_since_hired >= 0),
  created_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL
) STRICT;

-- Listed workers by trade and place, those first who said last that they are free and were asked longest ago. Written with
-- the worker's own rows; who left is taken out by the search that meets them.
CREATE TABLE bookable (
  person_id INTEGER NOT NULL REFERENCES person (id),
  trade INTEGER NOT NULL,
  district_code INTEGER NOT NULL,
  -- 0: the sector is not known.
  sector_code INTEGER NOT NULL,
  -- The day on which the worker said to be free; 0: never.
  free_on_day INTEGER NOT NULL,
  asked_ms INTEGER NOT NULL,
  PRIMARY KEY (person_id, trade)
) STRICT, WITHOUT ROWID;
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
  id INTEGER PRIMARY KEY,
  -- By which people speak of it; never a job number, and never given twice.
  number INTEGER NOT NULL UNIQUE CHECK (number >= 10000),
  client_id INTEGER NOT NULL REFERENCES client (person_id),
  employer_id INTEGER NOT NULL REFERENCES employer (id),
  trade INTEGER NOT NULL,
  area_code INTEGER NOT NULL,
  -- First day.
  day INTEGER NOT NULL,
  -- NULL: no end is set.
  days INTEGER CHECK (days >= 1),
  start_minute INTEGER NOT NULL CHECK (start_minute BETWEEN 0 AND 1439),
  pay_amount INTEGER NOT NULL CHECK (pay_amount > 0),
  pay_unit TEXT NOT NULL,
  paid TEXT NOT NULL CHECK (paid = 'daily' OR paid = 'weekly' OR paid = 'monthly' OR paid = 'at_end'),
  needed INTEGER NOT NULL CHECK (needed >= 1),
  hired INTEGER NOT NULL CHECK (hired BETWEEN 0 AND needed),
  asked INTEGER NOT NULL CHECK (asked >= 0),
  -- The first to accept get it, whoever they are.
  first_come INTEGER NOT NULL CHECK (first_come IN (0, 1)),
  -- Who declines or does not answer is followed by the next one.
  pass_on INTEGER NOT NULL CHECK (pass_on IN (0, 1)),
  status TEXT NOT NULL CHECK (status = 'open' OR status = 'filled' OR status = 'cancelled' OR status = 'expired'),
  -- When more workers are to be asked; NULL: nothing is to be done.
  ask_due_ms INTEGER,
  created_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX hiring_of_client ON hiring (client_id, created_ms DESC, id);
CREATE INDEX hiring_ask_due ON hiring (ask_due_ms) WHERE ask_due_ms IS NOT NULL;
-- One open call of a client for a trade and day.
CREATE UNIQUE INDEX hiring_first_come ON hiring (client_id, trade, day) WHERE first_come = 1 AND status = 'open';

-- A worker who was asked.
CREATE TABLE booking (
  id INTEGER PRIMARY KEY,
  hiring_id INTEGER NOT NULL REFERENCES hiring (id),
  client_id INTEGER NOT NULL REFERENCES client (person_id),
  worker_id INTEGER NOT NULL REFERENCES person (id),
  day INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state = 'requested' OR state = 'accepted' OR state = 'declined' OR state = 'expired'
    OR state = 'cancelled' OR state = 'started' OR state = 'done' OR state = 'paid' OR state = 'disputed'),
  -- How it was cancelled: by the worker, by the client, the places were filled, the worker or the client did not come.
  ended TEXT CHECK (ended = 'worker' OR ended = 'client' OR ended = 'filled' OR ended = 'worker_absent'
    OR ended = 'client_absent'),
  -- What was offered, and once accepted what was agreed.
  pay_amount INTEGER NOT NULL CHECK (pay_amount > 0),
  -- Other pay that the worker asked for and the client has not answered.
  asked_amount INTEGER CHECK (asked_amount > 0),
  -- Whose number is given.
  share TEXT CHECK (share = 'mine' OR share = 'theirs' OR share = 'through'),
  answer_by_ms INTEGER NOT NULL,
  -- Its end has to be told to the worker.
  untold INTEGER NOT NULL CHECK (untold IN (0, 1)),
  reminded_ms INTEGER,
  worker_came_ms INTEGER,
  client_came_ms INTEGER,
  created_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL
) STRICT;
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
  worker_id INTEGER NOT NULL REFERENCES person (id),
  day INTEGER NOT NULL,
  slot INTEGER NOT NULL CHECK (slot IN (0, 1)),
  booking_id INTEGER NOT NULL REFERENCES booking (id),
  PRIMARY KEY (worker_id, day, slot)
) STRICT, WITHOUT ROWID;

-- Who wants no more requests of whom.
CREATE TABLE booking_block (
  person_id INTEGER NOT NULL REFERENCES person (id),
  blocked_id INTEGER NOT NULL REFERENCES person (id),
  blocked_ms INTEGER NOT NULL,
  PRIMARY KEY (person_id, blocked_id)
) STRICT, WITHOUT ROWID;

-- Somebody reported the other side of a booking.
CREATE TABLE booking_report (
  booking_id INTEGER NOT NULL REFERENCES booking (id),
  reporter_id INTEGER NOT NULL REFERENCES person (id),
  about_id INTEGER NOT NULL REFERENCES person (id),
  reported_ms INTEGER NOT NULL,
  PRIMARY KEY (booking_id, reporter_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX booking_report_about ON booking_report (about_id, reporter_id);

-- What is known of a person by bookings, as worker and as client: counts alone.
CREATE TABLE booking_record (
  person_id INTEGER NOT NULL REFERENCES person (id),
  side TEXT NOT NULL CHECK (side = 'worker' OR side = 'client'),
  -- Jobs of which both sides confirmed the start.
  jobs INTEGER NOT NULL CHECK (jobs >= 0),
  -- Of those, paid in full.
  paid INTEGER NOT NULL CHECK (paid >= 0),
  late_cancels INTEGER NOT NULL CHECK (late_cancels >= 0),
  absences INTEGER NOT NULL CHECK (absences >= 0),
  PRIMARY KEY (person_id, side)
) STRICT, WITHOUT ROWID;
