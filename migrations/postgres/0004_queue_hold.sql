-- Whether messages may leave. One row while the queue is held, none while it is not: what is looked for at each claim is
-- an empty table.

CREATE TABLE outbox_hold (
  id BIGINT PRIMARY KEY CHECK (id = 1),
  -- 'paused' by an operator; 'restored': messages may have been sent after the backup was taken, so that a person has to
  -- say when sending may go on.
  reason TEXT COLLATE "C" NOT NULL CHECK (reason = 'paused' OR reason = 'restored'),
  since_ms BIGINT NOT NULL
);
