-- Alerts stand beside those to people of the same place, since they are told together: a wave is written on a few pages, and not
-- on one for each person. A place that never changes, so that all of somebody's alerts are found there.
ALTER TABLE worker ADD COLUMN alert_place INTEGER;
UPDATE worker SET alert_place = COALESCE(district_code, 0) WHERE listed_ms IS NOT NULL OR district_code IS NOT NULL;

CREATE TABLE placed_alert (
  id INTEGER PRIMARY KEY,
  vacancy_id INTEGER NOT NULL,
  person_id INTEGER NOT NULL,
  -- Of the person's worker row.
  place INTEGER NOT NULL,
  score INTEGER NOT NULL CHECK (score BETWEEN 0 AND 100),
  score_version INTEGER NOT NULL,
  told_ms INTEGER NOT NULL,
  -- The how many-th of the person's on that day: the day's cap.
  day INTEGER NOT NULL,
  nth INTEGER NOT NULL
) STRICT;
INSERT INTO placed_alert (id, vacancy_id, person_id, place, score, score_version, told_ms, day, nth)
  SELECT alert.id, alert.vacancy_id, alert.person_id, COALESCE(worker.alert_place, 0), alert.score, alert.score_version,
  alert.told_ms, alert.day, alert.nth FROM alert LEFT JOIN worker ON worker.person_id = alert.person_id;
DROP TABLE alert;
ALTER TABLE placed_alert RENAME TO alert;
-- Somebody is told of a vacancy once.
CREATE UNIQUE INDEX alert_once ON alert (vacancy_id, place, person_id);
CREATE UNIQUE INDEX alert_nth ON alert (day, place, person_id, nth);
