-- Delivery over several channels: where a message can go and went, lanes, pauses, counts, and what providers call us with.

-- Where it can go, for example `RW.MTN.alert`; empty: over any channel for SMS. Behind a `!` the channel that did not reach
-- the number.
ALTER TABLE outbox ADD COLUMN route TEXT COLLATE "C" NOT NULL DEFAULT '';
-- Over which it was last sent.
ALTER TABLE outbox ADD COLUMN channel TEXT COLLATE "C" NOT NULL DEFAULT '';
-- The employer that caused it; 0: nobody.
ALTER TABLE outbox ADD COLUMN employer_id BIGINT NOT NULL DEFAULT 0;
-- Keyed hash of the number's first digits: neighbours are counted together.
ALTER TABLE outbox ADD COLUMN prefix_hmac BYTEA NOT NULL DEFAULT '';
-- When no report is waited for any more; 0: none is waited for.
ALTER TABLE outbox ADD COLUMN receipt_by_ms BIGINT NOT NULL DEFAULT 0;

DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (route, priority, due_ms, id) WHERE status = 'queued';
CREATE INDEX outbox_receipt_due ON outbox (receipt_by_ms, id) WHERE receipt_by_ms > 0;
CREATE INDEX outbox_provider ON outbox (channel, provider_id) WHERE provider_id <> '';

-- The attempt log may also say 'blocked': a channel could not send at all, no attempt was spent.
CREATE INDEX outbox_attempt_at ON outbox_attempt (at_ms);

-- A share of a channel's rate. Who holds it may send; a lease that has run out is anybody's. Numbers below 0 are nodes that
-- would send: the shares are divided among them.
CREATE TABLE lane (
  channel TEXT COLLATE "C" NOT NULL,
  number BIGINT NOT NULL,
  holder BIGINT NOT NULL,
  lease_until_ms BIGINT NOT NULL,
  PRIMARY KEY (channel, number)
);

-- A channel that does not send for now.
CREATE TABLE channel_pause (
  channel TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  why TEXT COLLATE "C" NOT NULL,
  by_whom TEXT COLLATE "C" NOT NULL,
  since_ms BIGINT NOT NULL,
  -- 0: until somebody resumes it.
  until_ms BIGINT NOT NULL
);

-- What was sent on a day, by what is capped.
CREATE TABLE sent_count (
  day BIGINT NOT NULL,
  scope TEXT COLLATE "C" NOT NULL,
  counted BYTEA NOT NULL,
  messages BIGINT NOT NULL,
  segments BIGINT NOT NULL,
  cost_micros BIGINT NOT NULL,
  PRIMARY KEY (day, scope, counted)
);

-- What providers called us with, as it came. Answered once it is here, read afterwards.
CREATE TABLE hook_call (
  id BIGINT PRIMARY KEY,
  channel TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  received_ms BIGINT NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  -- Sealed.
  request BYTEA NOT NULL
);
CREATE INDEX hook_call_waiting ON hook_call (id) WHERE status = 'waiting';
CREATE INDEX hook_call_received ON hook_call (received_ms);

-- Reports of providers, each kept. 0: of no message that is known (yet).
CREATE TABLE receipt (
  id BIGINT PRIMARY KEY,
  channel TEXT COLLATE "C" NOT NULL,
  -- The provider's name of the message in small letters behind `p:`, or ours behind `o:`.
  about TEXT COLLATE "C" NOT NULL,
  reported TEXT COLLATE "C" NOT NULL,
  detail TEXT COLLATE "C" NOT NULL,
  received_ms BIGINT NOT NULL,
  message_id BIGINT NOT NULL
);
CREATE INDEX receipt_parked ON receipt (channel, about, id) WHERE message_id = 0;
CREATE INDEX receipt_of ON receipt (message_id, id) WHERE message_id > 0;
CREATE INDEX receipt_received ON receipt (received_ms);

-- Messages from phones.
CREATE TABLE inbound_sms (
  id BIGINT PRIMARY KEY,
  channel TEXT COLLATE "C" NOT NULL,
  -- The provider's name of it, empty where it gives none.
  provider_id TEXT COLLATE "C" NOT NULL,
  msisdn_hmac BYTEA NOT NULL,
  -- Keyed hash of channel, sender and text: a repeat without a name is known by it.
  digest BYTEA NOT NULL,
  received_ms BIGINT NOT NULL,
  -- What it asked for; `part` while others are waited for, `repeat` when it was there already.
  asked TEXT COLLATE "C" NOT NULL,
  -- Sealed.
  body BYTEA NOT NULL,
  part_reference BIGINT NOT NULL,
  part_number BIGINT NOT NULL,
  part_total BIGINT NOT NULL
);
CREATE UNIQUE INDEX inbound_sms_named ON inbound_sms (channel, provider_id) WHERE provider_id <> '';
CREATE INDEX inbound_sms_digest ON inbound_sms (digest, received_ms);
CREATE INDEX inbound_sms_parts ON inbound_sms (channel, msisdn_hmac, part_reference) WHERE asked = 'part';
CREATE INDEX inbound_sms_from ON inbound_sms (msisdn_hmac, received_ms);
CREATE INDEX inbound_sms_received ON inbound_sms (received_ms);
