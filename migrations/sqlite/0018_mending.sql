-- Mends of the market: what was overlooked, kept too long, or could not be said.

-- When the person last said of a case that waits for an answer that it is worse, or told it again; 0: not.
ALTER TABLE help_case ADD COLUMN urged_ms INTEGER NOT NULL DEFAULT 0;
CREATE INDEX help_case_urged ON help_case (urged_ms, id) WHERE state = 'open' AND urged_ms > 0;
-- Danger is looked for by itself, so that other cases that wait do not hide it.
CREATE INDEX help_case_unsafe ON help_case (due_ms, id) WHERE state = 'open' AND kind = 'unsafe';

-- Messages that name no person: emptied by age, and with their number.
CREATE INDEX outbox_nobodys ON outbox (changed_ms, id) WHERE person_id IS NULL AND length(body) > 0;
CREATE INDEX outbox_nobodys_number ON outbox (address_hmac) WHERE person_id IS NULL AND length(body) > 0;

-- Vacancies that an employer posted over the API on a day of the country.
CREATE TABLE vacancy_day (
  employer_id INTEGER NOT NULL REFERENCES employer (id),
  day INTEGER NOT NULL,
  posts INTEGER NOT NULL CHECK (posts >= 1),
  PRIMARY KEY (employer_id, day)
) STRICT, WITHOUT ROWID;
