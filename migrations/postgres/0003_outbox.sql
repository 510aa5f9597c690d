-- The outbound queue: one row a delivery, and an append-only log of what was tried.
-- 0 in a time or fence column means "none", so that nothing is ever ordered by a column that may be NULL.

CREATE TABLE outbox (
  id BIGINT PRIMARY KEY,
  -- What caused the message, for example the hop and its action: the same cause never queues twice.
  operation_key TEXT COLLATE "C" NOT NULL UNIQUE,
  status TEXT COLLATE "C" NOT NULL,
  -- 0 interactive, 1 stage, 2 alert.
  priority BIGINT NOT NULL,
  class TEXT COLLATE "C" NOT NULL,
  template TEXT COLLATE "C" NOT NULL,
  person_id BIGINT,
  -- Keyed hash of the number: joins it to its stop and its owner without being it.
  msisdn_hmac BYTEA NOT NULL,
  -- The number's owner when the message was written; another owner does not get it.
  number_generation BIGINT NOT NULL,
  -- Sealed.
  msisdn BYTEA NOT NULL,
  -- Sealed.
  body BYTEA NOT NULL,
  segments BIGINT NOT NULL,
  created_ms BIGINT NOT NULL,
  due_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  changed_ms BIGINT NOT NULL,
  -- Sendings begun.
  attempts BIGINT NOT NULL,
  -- The claim that may write: a sender that slept past its lease has another one.
  fence BIGINT NOT NULL,
  lease_until_ms BIGINT NOT NULL,
  -- Our name of the message at the provider; empty before the first sending.
  client_ref TEXT COLLATE "C" NOT NULL,
  -- The provider's name of it; empty before it was accepted.
  provider_id TEXT COLLATE "C" NOT NULL,
  -- When an unknown message is to be sent once more; 0: never.
  resend_ms BIGINT NOT NULL,
  possible_duplicate BIGINT NOT NULL,
  -- Why it is where it is: a stable word, empty when it takes its ordinary way.
  reason TEXT COLLATE "C" NOT NULL
);

-- Each holds only the rows that still have something before them, so they stay small however long the table grows.
CREATE INDEX outbox_due ON outbox (priority, due_ms, id) WHERE status = 'queued';
CREATE INDEX outbox_claimed ON outbox (lease_until_ms, id) WHERE status = 'claimed';
CREATE INDEX outbox_sending ON outbox (lease_until_ms, id) WHERE status = 'sending';
CREATE INDEX outbox_resend ON outbox (resend_ms, id) WHERE resend_ms > 0;

-- One claim of one message makes one sending and one outcome, or none. Written once, never changed.
CREATE TABLE outbox_attempt (
  message_id BIGINT NOT NULL,
  fence BIGINT NOT NULL,
  event TEXT COLLATE "C" NOT NULL,
  at_ms BIGINT NOT NULL,
  -- Method, address without query, status and sizes: no number, no text.
  exchange TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (message_id, fence, event)
);
