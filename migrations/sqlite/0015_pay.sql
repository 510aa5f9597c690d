-- Pay of bookings: when it is due, and what both sides say of it.
--
-- Conventions as in 0001. A booking has a row for each pay day that has come near: the next one is written when the one before
-- it is asked about, so that work without an end has an end of rows.
CREATE TABLE pay_day (
  booking_id INTEGER NOT NULL REFERENCES booking (id),
  worker_id INTEGER NOT NULL REFERENCES person (id),
  client_id INTEGER NOT NULL REFERENCES client (person_id),
  -- 1 for the first.
  nth INTEGER NOT NULL CHECK (nth >= 1),
  day INTEGER NOT NULL,
  -- What is due in all; NULL: nobody knows yet how many hours, trips or pieces it will be.
  amount INTEGER CHECK (amount > 0),
  state TEXT NOT NULL CHECK (state = 'open' OR state = 'paid' OR state = 'part' OR state = 'unpaid' OR state = 'disputed'
    OR state = 'settled' OR state = 'not_worked'),
  worker_said TEXT CHECK (worker_said = 'paid' OR worker_said = 'part' OR worker_said = 'not_yet' OR worker_said = 'not_worked'),
  -- Of a part.
  worker_amount INTEGER CHECK (worker_amount > 0),
  client_said TEXT CHECK (client_said = 'paid' OR client_said = 'part' OR client_said = 'not_yet' OR client_said = 'not_worked'),
  client_amount INTEGER CHECK (client_amount > 0),
  -- How often both were asked, and when they are asked next; NULL: not any more.
  asks INTEGER NOT NULL CHECK (asks >= 0),
  ask_due_ms INTEGER,
  -- Something can still be said of it.
  is_open INTEGER NOT NULL CHECK (is_open IN (0, 1)),
  -- The case that it became; NULL: none.
  case_id INTEGER REFERENCES help_case (id),
  changed_ms INTEGER NOT NULL,
  PRIMARY KEY (booking_id, nth)
) STRICT, WITHOUT ROWID;
CREATE INDEX pay_day_ask_due ON pay_day (ask_due_ms) WHERE ask_due_ms IS NOT NULL;
CREATE INDEX pay_day_of_worker ON pay_day (worker_id, day, booking_id) WHERE is_open = 1;
CREATE INDEX pay_day_of_client ON pay_day (client_id, day, booking_id) WHERE is_open = 1;
-- What was agreed before there was a record of pay: asked about on the evening of its first day (16:00 UTC).
INSERT INTO pay_day (booking_id, worker_id, client_id, nth, day, amount, state, worker_said, worker_amount, client_said,
    client_amount, asks, ask_due_ms, is_open, case_id, changed_ms)
  SELECT id, worker_id, client_id, 1, day, NULL, 'open', NULL, NULL, NULL, NULL, 0, day * 86400000 + 57600000, 1, NULL, changed_ms
  FROM booking WHERE state = 'accepted' OR state = 'started';

-- When a side gave its number to the other; NULL: it did not.
ALTER TABLE booking ADD COLUMN worker_gave_ms INTEGER;
ALTER TABLE booking ADD COLUMN client_gave_ms INTEGER;

-- Pay days of which it is known how they went; `paid` counts those of them that were paid in full.
ALTER TABLE booking_record ADD COLUMN pay_told INTEGER NOT NULL DEFAULT 0;

-- An employer's hirings, the newest first.
CREATE INDEX hiring_of_employer ON hiring (employer_id, id DESC);
