-- The API of employers: who may speak for them, what was asked once, what they wrote down.

-- Set while the employer takes no applications for a while: the vacancy is `held`, and nobody has to look at it.
ALTER TABLE vacancy ADD COLUMN paused BIGINT NOT NULL DEFAULT 0;
CREATE INDEX vacancy_paused ON vacancy (closes_ms) WHERE paused = 1;
CREATE INDEX vacancy_of_employer ON vacancy (employer_id, id);

-- An employer's list of who asked, the latest first or the best fit first.
CREATE INDEX application_of_vacancy ON application (vacancy_id, id);
CREATE INDEX application_by_score ON application (vacancy_id, score_total, id);

-- Who may speak for an employer. The token itself is shown once and kept nowhere.
CREATE TABLE token (
  id BIGINT PRIMARY KEY,
  employer_id BIGINT NOT NULL REFERENCES employer (id),
  -- The first token of those that followed one another by rotation.
  family_id BIGINT NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  -- How it begins: to recognise it by.
  prefix TEXT COLLATE "C" NOT NULL,
  token_hmac BYTEA NOT NULL UNIQUE CHECK (length(token_hmac) = 32),
  -- A bit set.
  scopes BIGINT NOT NULL CHECK (scopes BETWEEN 1 AND 255),
  created_ms BIGINT NOT NULL,
  -- 0: never.
  expires_ms BIGINT NOT NULL,
  -- 0: not revoked.
  revoked_ms BIGINT NOT NULL,
  -- The last day on which it was used; 0: never.
  used_day BIGINT NOT NULL
);
CREATE INDEX token_of_family ON token (family_id, id);

-- What was asked under an Idempotency-Key and what was answered: asked again it is answered the same.
CREATE TABLE api_answer (
  id BIGINT PRIMARY KEY,
  family_id BIGINT NOT NULL,
  key_hmac BYTEA NOT NULL CHECK (length(key_hmac) = 32),
  request_hmac BYTEA NOT NULL CHECK (length(request_hmac) = 32),
  -- Sealed: it may name people.
  answer_sealed BYTEA NOT NULL,
  until_ms BIGINT NOT NULL,
  UNIQUE (family_id, key_hmac)
);
CREATE INDEX api_answer_until ON api_answer (until_ms);

-- What was changed in a vacancy, by which token. Append-only.
CREATE TABLE vacancy_change (
  id BIGINT PRIMARY KEY,
  vacancy_id BIGINT NOT NULL REFERENCES vacancy (id),
  token_id BIGINT NOT NULL,
  at_ms BIGINT NOT NULL,
  -- Names of fields with what they were and became. Sealed: a description may name people.
  fields_sealed BYTEA NOT NULL
);
CREATE INDEX vacancy_change_of ON vacancy_change (vacancy_id, id);

-- What an employer wrote down about an application. Never shown to others.
CREATE TABLE application_note (
  id BIGINT PRIMARY KEY,
  application_id BIGINT NOT NULL REFERENCES application (id),
  token_id BIGINT NOT NULL,
  text_sealed BYTEA NOT NULL,
  created_ms BIGINT NOT NULL
);
CREATE INDEX application_note_of ON application_note (application_id, id);
