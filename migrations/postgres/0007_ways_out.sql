-- E-mail and webhooks beside SMS: what a message carries is no longer a text for a number alone.

ALTER TABLE outbox RENAME COLUMN msisdn TO address;
ALTER TABLE outbox RENAME COLUMN msisdn_hmac TO address_hmac;
-- The endpoint that an event is for; 0: none.
ALTER TABLE outbox ADD COLUMN endpoint_id BIGINT NOT NULL DEFAULT 0;

-- Where events are told to. Who owns it has registered it.
CREATE TABLE webhook_endpoint (
  id BIGINT PRIMARY KEY,
  -- The employer; 0: the operators of this service.
  owner_id BIGINT NOT NULL,
  -- Sealed: it may hold a secret.
  url BYTEA NOT NULL,
  -- Sealed; the newest first.
  secrets BYTEA NOT NULL,
  -- Types of events with spaces between; empty: all.
  kinds TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status = 'on' OR status = 'off'),
  -- Why it is off; empty while it is on.
  reason TEXT NOT NULL,
  -- Who is told by mail that it was switched off. Sealed; empty: nobody.
  contact BYTEA NOT NULL,
  created_ms BIGINT NOT NULL,
  changed_ms BIGINT NOT NULL,
  -- Since when nothing was taken; 0: the last event was.
  failing_since_ms BIGINT NOT NULL,
  -- In a row.
  failures BIGINT NOT NULL,
  -- Nothing is sent before this time.
  rest_until_ms BIGINT NOT NULL
);
CREATE INDEX webhook_endpoint_owner ON webhook_endpoint (owner_id, id);

-- Mail addresses that want no more messages.
CREATE TABLE mail_stop (
  -- Keyed hash of the address.
  address_hmac BYTEA NOT NULL PRIMARY KEY,
  stopped_ms BIGINT NOT NULL
);

-- Messages from phones are read before reports, however many of those wait.
DROP INDEX hook_call_waiting;
CREATE INDEX hook_call_waiting ON hook_call (kind, id) WHERE status = 'waiting';
