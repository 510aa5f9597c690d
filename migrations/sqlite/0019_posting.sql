-- Posting by keypad: a client, an employer of one person, moves applications too.

-- `client` is new in by_kind. A CHECK cannot be altered, so the table is made anew.
CREATE TABLE application_event_next (
  id INTEGER NOT NULL PRIMARY KEY,
  application_id INTEGER NOT NULL REFERENCES application (id),
  from_stage TEXT NOT NULL CHECK (from_stage IN ('applied', 'shortlisted', 'assessment', 'interview', 'offered', 'hired', 'rejected',
    'withdrawn', 'expired')),
  to_stage TEXT NOT NULL CHECK (to_stage IN ('applied', 'shortlisted', 'assessment', 'interview', 'offered', 'hired', 'rejected',
    'withdrawn', 'expired')),
  -- Who moved it: a token of the employer, the employer by keypad, an operator, the applicant, the service itself; and which
  -- one (0: the service).
  by_kind TEXT NOT NULL CHECK (by_kind IN ('token', 'client', 'operator', 'applicant', 'system')),
  by_id INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  -- For the employer's own use; NULL: none.
  note_sealed BLOB,
  -- What the applicant was told beside the stage: the place of an interview; NULL: nothing.
  words_sealed BLOB,
  -- The same cause moves an application once.
  operation_key TEXT NOT NULL,
  UNIQUE (application_id, operation_key)
) STRICT;
INSERT INTO application_event_next (id, application_id, from_stage, to_stage, by_kind, by_id, at_ms, note_sealed, words_sealed,
    operation_key)
  SELECT id, application_id, from_stage, to_stage, by_kind, by_id, at_ms, note_sealed, words_sealed, operation_key
  FROM application_event;
DROP TABLE application_event;
ALTER TABLE application_event_next RENAME TO application_event;
