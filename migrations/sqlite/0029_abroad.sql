-- Work in another country: who agreed to be told of it, where it is, and that it waits for a look.

-- `abroad` is new in purpose. A CHECK cannot be altered, so the table is made anew.
CREATE TABLE consent_next (
  id INTEGER PRIMARY KEY,
  person_id INTEGER NOT NULL REFERENCES person (id),
  purpose TEXT NOT NULL CHECK (purpose = 'matching' OR purpose = 'alerts' OR purpose = 'statistics' OR purpose = 'abroad'),
  text_version TEXT NOT NULL,
  language TEXT NOT NULL CHECK (length(language) = 2),
  channel TEXT NOT NULL,
  -- The hop in which the key was pressed.
  hop_uid INTEGER NOT NULL,
  given_ms INTEGER NOT NULL,
  withdrawn_ms INTEGER,
  -- 0: the person pressed the key on their own phone.
  agent_id INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO consent_next (id, person_id, purpose, text_version, language, channel, hop_uid, given_ms, withdrawn_ms, agent_id)
  SELECT id, person_id, purpose, text_version, language, channel, hop_uid, given_ms, withdrawn_ms, agent_id FROM consent;
DROP TABLE consent;
ALTER TABLE consent_next RENAME TO consent;
CREATE INDEX consent_of_person ON consent (person_id, purpose);

-- And in why.
CREATE TABLE vacancy_hold_next (
  vacancy_id INTEGER PRIMARY KEY REFERENCES vacancy (id),
  why TEXT NOT NULL CHECK (why = 'worker_pays' OR why = 'phone_number' OR why = 'reports' OR why = 'employer_blocked'
    OR why = 'no_licence' OR why = 'operator' OR why = 'abroad'),
  since_ms INTEGER NOT NULL
) STRICT;
INSERT INTO vacancy_hold_next (vacancy_id, why, since_ms) SELECT vacancy_id, why, since_ms FROM vacancy_hold;
DROP TABLE vacancy_hold;
ALTER TABLE vacancy_hold_next RENAME TO vacancy_hold;
CREATE INDEX vacancy_hold_since ON vacancy_hold (since_ms, vacancy_id);

-- vacancy.area_code below 0 is another country, and then district_code and province_code are -1; application.score_place -1: the
-- place did not count. The place in that country, as the agency wrote it; NULL: none.
ALTER TABLE vacancy ADD COLUMN town_sealed BLOB;
