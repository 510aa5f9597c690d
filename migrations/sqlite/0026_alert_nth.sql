-- An alert is written in one place that hangs on the person, and not in three: with a million of them at once, each is a page of
-- its own to be written.

-- The day on which somebody is told (days since the epoch, where the country's clocks say so), and the how many-th alert of
-- theirs it is on that day: the day's cap.
ALTER TABLE alert ADD COLUMN day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE alert ADD COLUMN nth INTEGER NOT NULL DEFAULT 0;
UPDATE alert SET day = told_ms / 86400000, nth = (SELECT COUNT(*) FROM alert AS earlier
  WHERE earlier.person_id = alert.person_id AND earlier.told_ms / 86400000 = alert.told_ms / 86400000
  AND earlier.id <= alert.id);
DROP INDEX alert_of_person;
DROP TABLE alert_day;
CREATE UNIQUE INDEX alert_nth ON alert (person_id, day, nth);

-- Alerts are found by the table above.
DROP INDEX outbox_of_person;
CREATE INDEX outbox_of_person ON outbox (person_id, id) WHERE person_id > 0 AND template <> 'job_alert' AND template <> 'job_alert_abroad';
