-- Pay of bookings: when it is due, and what both sides say of it.
--
-- Conventions as in 0001. A booking has a row for each pay day that has come near: the next one is written when the one before
-- it is asked about, so that work without an end has an end of rows.
CREATE TABLE pay_day (
  booking_id BIGINT NOT NULL REFERENCES booking (id),
  worker_id BIGINT NOT NULL REFERENCES person (id),
  client_id BIGINT NOT NULL REFERENCES client (person_id),
  -- 1 for the first.
  nth BIGINT NOT NULL,
  day BIGINT NOT NULL,
  -- What is due in all; NULL: nobody knows yet how many hours, trips or pieces it will be.
  amount BIGINT,
  state TEXT COLLATE "C" NOT NULL,
  worker_said TEXT COLLATE "C",
  -- Of a part.
  worker_amount BIGINT,
  client_said TEXT COLLATE "C",
  client_amount BIGINT,
  -- How often both were asked, and when they are asked next; NULL: not any more.
  asks BIGINT NOT NULL,
  ask_due_ms BIGINT,
  -- Something can still be said of it.
  is_open BIGINT NOT NULL,
  -- The case that it became; NULL: none.
  case_id BIGINT REFERENCES help_case (id),
  changed_ms BIGINT NOT NULL,
  PRIMARY KEY (booking_id, nth)
);
CREATE INDEX pay_day_ask_due ON pay_day (ask_due_ms) WHERE ask_due_ms IS NOT NULL;
CREATE INDEX pay_day_of_worker ON pay_day (worker_id, day, booking_id) WHERE is_open = 1;
CREATE INDEX pay_day_of_client ON pay_day (client_id, day, booking_id) WHERE is_open = 1;
-- What was agreed before there was a record of pay: asked about on the evening of its first day (16:00 UTC).
INSERT INTO pay_day (booking_id, worker_id, client_id, nth, day, amount, state, worker_said, worker_amount, client_said,
    client_amount, asks, ask_due_ms, is_open, case_id, changed_ms)
  SELECT id, worker_id, client_id, 1, day, NULL, 'open', NULL, NULL, NULL, NULL, 0, day * 86400000 + 57600000, 1, NULL, changed_ms
  FROM booking WHERE state = 'accepted' OR state = 'started';

-- When a side gave its number to the other; NULL: it did not.
ALTER TABLE booking ADD COLUMN worker_gave_ms BIGINT;
ALTER TABLE booking ADD COLUMN client_gave_ms BIGINT;

-- Pay days of which it is known how they went; `paid` counts those of them that were paid in full.
ALTER TABLE booking_record ADD COLUMN pay_told BIGINT NOT NULL DEFAULT 0;

-- An employer's hirings, the newest first.
CREATE INDEX hiring_of_employer ON hiring (employer_id, id DESC);
