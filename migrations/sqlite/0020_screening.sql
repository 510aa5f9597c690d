-- Screening: the questions that an employer attaches to a vacancy and what applicants answer, and short trade quizzes.

-- That a vacancy asks something. `answered` is set by the first answer and never taken back: from then on the questions stay.
CREATE TABLE vacancy_screening (
  vacancy_id INTEGER PRIMARY KEY REFERENCES vacancy (id),
  answered INTEGER NOT NULL CHECK (answered IN (0, 1)),
  changed_ms INTEGER NOT NULL
) STRICT;

-- One question, in the order of the numbers of a vacancy. Sealed: an employer's words may name people.
CREATE TABLE vacancy_question (
  id INTEGER PRIMARY KEY,
  vacancy_id INTEGER NOT NULL REFERENCES vacancy (id),
  place INTEGER NOT NULL CHECK (place BETWEEN 1 AND 5),
  body_sealed BLOB NOT NULL,
  UNIQUE (vacancy_id, place)
) STRICT;

-- What an applicant answered: 1 or 0 for yes or no, the number, or the number of the choice. Never words.
CREATE TABLE application_answer (
  application_id INTEGER NOT NULL REFERENCES application (id),
  question_id INTEGER NOT NULL REFERENCES vacancy_question (id),
  answer INTEGER NOT NULL CHECK (answer >= 0),
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (application_id, question_id)
) STRICT, WITHOUT ROWID;

-- A quiz of a worker in a trade: the attempt that is under way or was the last, and the best result of all.
CREATE TABLE quiz (
  person_id INTEGER NOT NULL REFERENCES person (id),
  trade INTEGER NOT NULL,
  -- Counted from 1: the questions that are drawn depend on it.
  attempt INTEGER NOT NULL CHECK (attempt >= 1),
  begun_ms INTEGER NOT NULL,
  -- Questions of the attempt, how many of them were answered, and how many rightly.
  drawn INTEGER NOT NULL CHECK (drawn >= 1),
  answered INTEGER NOT NULL CHECK (answered >= 0),
  hits INTEGER NOT NULL CHECK (hits >= 0),
  -- NULL: no attempt was ended.
  best_hits INTEGER,
  best_drawn INTEGER,
  best_ms INTEGER,
  -- When the worker agreed that employers see the result, and to which text; NULL: they do not.
  shown_ms INTEGER,
  shown_text TEXT,
  PRIMARY KEY (person_id, trade)
) STRICT, WITHOUT ROWID;
