-- Alerts stand beside those to people of the same place, since they are told together: a wave is written on a few pages, and not
-- on one for each person. A place that never changes, so that all of somebody's alerts are found there.
ALTER TABLE worker ADD COLUMN alert_place BIGINT;
UPDATE worker SET alert_place = COALESCE(district_code, 0) WHERE listed_ms IS NOT NULL OR district_code IS NOT NULL;

CREATE TABLE placed_alert (
  id BIGINT PRIMARY KEY,
  vacancy_id BIGINT NOT NULL,
  person_id BIGINT NOT NULL,
  -- Of the person's worker row.
  place BIGINT NOT NULL,
  score BIGINT NOT NULL CHECK (score BETWEEN 0 AND 100),
  score_version BIGINT NOT NULL,
  told_ms BIGINT NOT NULL,
  -- The how many-th of the person's on that day: the day's cap.
  day BIGINT NOT NULL,
  nth BIGINT NOT NULL
);
INSERT INTO placed_alert (id, vacancy_id, person_id, place, score, score_version, told_ms, day, nth)
  SELECT alert.id, alert.vacancy_id, alert.person_id, COALESCE(worker.alert_place, 0), alert.score, alert.score_version,
  alert.told_ms, alert.day, alert.nth FROM alert LEFT JOIN worker ON worker.person_id = alert.person_id;
DROP TABLE alert;
ALTER TABLE placed_alert RENAME TO alert;
-- Somebody is told of a vacancy once.
CREATE UNIQUE INDEX alert_once ON alert (vacancy_id, place, person_id);
CREATE UNIQUE INDEX alert_nth ON alert (day, place, person_id, nth);
