-- Screening: the questions that an employer attaches to a vacancy and what applicants answer, and short trade quizzes.

-- That a vacancy asks something. `answered` is set by the first answer and never taken back: from then on the questions stay.
CREATE TABLE vacancy_screening (
  vacancy_id BIGINT PRIMARY KEY REFERENCES vacancy (id),
  answered BIGINT NOT NULL,
  changed_ms BIGINT NOT NULL
);

-- One question, in the order of the numbers of a vacancy. Sealed: an employer's words may name people.
CREATE TABLE vacancy_question (
  id BIGINT PRIMARY KEY,
  vacancy_id BIGINT NOT NULL REFERENCES vacancy (id),
  place BIGINT NOT NULL CHECK (place BETWEEN 1 AND 5),
  body_sealed BYTEA NOT NULL,
  UNIQUE (vacancy_id, place)
);

-- What an applicant answered: 1 or 0 for yes or no, the number, or the number of the choice. Never words.
CREATE TABLE application_answer (
  application_id BIGINT NOT NULL REFERENCES application (id),
  question_id BIGINT NOT NULL REFERENCES vacancy_question (id),
  answer BIGINT NOT NULL CHECK (answer >= 0),
  at_ms BIGINT NOT NULL,
  PRIMARY KEY (application_id, question_id)
);

-- A quiz of a worker in a trade: the attempt that is under way or was the last, and the best result of all.
CREATE TABLE quiz (
  person_id BIGINT NOT NULL REFERENCES person (id),
  trade BIGINT NOT NULL,
  -- Counted from 1: the questions that are drawn depend on it.
  attempt BIGINT NOT NULL CHECK (attempt >= 1),
  begun_ms BIGINT NOT NULL,
  -- Questions of the attempt, how many of them were answered, and how many rightly.
  drawn BIGINT NOT NULL CHECK (drawn >= 1),
  answered BIGINT NOT NULL CHECK (answered >= 0),
  hits BIGINT NOT NULL CHECK (hits >= 0),
  -- NULL: no attempt was ended.
  best_hits BIGINT,
  best_drawn BIGINT,
  best_ms BIGINT,
  -- When the worker agreed that employers see the result, and to which text; NULL: they do not.
  shown_ms BIGINT,
  shown_text TEXT COLLATE "C",
  PRIMARY KEY (person_id, trade)
);
