-- Delivery over several channels: where a message can go and went, lanes, pauses, counts, and what providers call us with.

-- Where it can go, for example `RW.MTN.alert`; empty: over any channel for SMS. Behind a `!` the channel that did not reach
-- the number.
ALTER TABLE outbox ADD COLUMN route TEXT NOT NULL DEFAULT '';
-- Over which it was last sent.
ALTER TABLE outbox ADD COLUMN channel TEXT NOT NULL DEFAULT '';
-- The employer that caused it; 0: nobody.
ALTER TABLE outbox ADD COLUMN employer_id INTEGER NOT NULL DEFAULT 0;
-- Keyed hash of the number's first digits: neighbours are counted together.
ALTER TABLE outbox ADD COLUMN prefix_hmac BLOB NOT NULL DEFAULT X'';
-- When no report is waited for any more; 0: none is waited for.
ALTER TABLE outbox ADD COLUMN receipt_by_ms INTEGER NOT NULL DEFAULT 0;

DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (route, priority, due_ms, id) WHERE status = 'queued';
CREATE INDEX outbox_receipt_due ON outbox (receipt_by_ms, id) WHERE receipt_by_ms > 0;
CREATE INDEX outbox_provider ON outbox (channel, provider_id) WHERE provider_id <> '';

-- As before, with the news that a channel could not send at all ('blocked'): no attempt was spent.
ALTER TABLE outbox_attempt RENAME TO outbox_attempt_before;
CREATE TABLE outbox_attempt (
  message_id INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  event TEXT NOT NULL CHECK (event = 'sending' OR event = 'accepted' OR event = 'temporary' OR event = 'permanent'
    OR event = 'unknown' OR event = 'lease_lost' OR event = 'blocked'),
  at_ms INTEGER NOT NULL,
  -- Channel, method, address without query, status, sizes and the provider's code: no number, no text.
  exchange TEXT NOT NULL,
  PRIMARY KEY (message_id, fence, event)
) STRICT, WITHOUT ROWID;
INSERT INTO outbox_attempt (message_id, fence, event, at_ms, exchange)
  SELECT message_id, fence, event, at_ms, exchange FROM outbox_attempt_before;
DROP TABLE outbox_attempt_before;
CREATE INDEX outbox_attempt_at ON outbox_attempt (at_ms);

-- A share of a channel's rate. Who holds it may send; a lease that has run out is anybody's. Numbers below 0 are nodes that
-- would send: the shares are divided among them.
CREATE TABLE lane (
  channel TEXT NOT NULL,
  number INTEGER NOT NULL,
  holder INTEGER NOT NULL,
  lease_until_ms INTEGER NOT NULL,
  PRIMARY KEY (channel, number)
) STRICT, WITHOUT ROWID;

-- A channel that does not send for now.
CREATE TABLE channel_pause (
  channel TEXT NOT NULL PRIMARY KEY,
  why TEXT NOT NULL CHECK (why = 'operator' OR why = 'throttled' OR why = 'no_credit' OR why = 'credentials'
    OR why = 'money_cap' OR why = 'count_cap' OR why = 'down'),
  by_whom TEXT NOT NULL,
  since_ms INTEGER NOT NULL,
  -- 0: until somebody resumes it.
  until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What was sent on a day, by what is capped.
CREATE TABLE sent_count (
  day INTEGER NOT NULL,
  scope TEXT NOT NULL CHECK (scope = 'number' OR scope = 'prefix' OR scope = 'employer' OR scope = 'channel'),
  counted BLOB NOT NULL,
  messages INTEGER NOT NULL,
  segments INTEGER NOT NULL,
  cost_micros INTEGER NOT NULL,
  PRIMARY KEY (day, scope, counted)
) STRICT, WITHOUT ROWID;

-- What providers called us with, as it came. Answered once it is here, read afterwards.
CREATE TABLE hook_call (
  id INTEGER PRIMARY KEY,
  channel TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind = 'receipt' OR kind = 'sms'),
  received_ms INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status = 'waiting' OR status = 'read' OR status = 'refused'),
  -- Sealed.
  request BLOB NOT NULL
) STRICT;
CREATE INDEX hook_call_waiting ON hook_call (id) WHERE status = 'waiting';
CREATE INDEX hook_call_received ON hook_call (received_ms);

-- Reports of providers, each kept. 0: of no message that is known (yet).
CREATE TABLE receipt (
  id INTEGER PRIMARY KEY,
  channel TEXT NOT NULL,
  -- The provider's name of the message in small letters behind `p:`, or ours behind `o:`.
  about TEXT NOT NULL,
  reported TEXT NOT NULL CHECK (reported = 'in_flight' OR reported = 'delivered' OR reported = 'undelivered'
    OR reported = 'expired' OR reported = 'unclear'),
  detail TEXT NOT NULL,
  received_ms INTEGER NOT NULL,
  message_id INTEGER NOT NULL
) STRICT;
CREATE INDEX receipt_parked ON receipt (channel, about, id) WHERE message_id = 0;
CREATE INDEX receipt_of ON receipt (message_id, id) WHERE message_id > 0;
CREATE INDEX receipt_received ON receipt (received_ms);

-- Messages from phones.
CREATE TABLE inbound_sms (
  id INTEGER PRIMARY KEY,
  channel TEXT NOT NULL,
  -- The provider's name of it, empty where it gives none.
  provider_id TEXT NOT NULL,
  msisdn_hmac BLOB NOT NULL,
  -- Keyed hash of channel, sender and text: a repeat without a name is known by it.
  digest BLOB NOT NULL,
  received_ms INTEGER NOT NULL,
  -- What it asked for; `part` while others are waited for, `repeat` when it was there already.
  asked TEXT NOT NULL CHECK (asked = 'stop' OR asked = 'start' OR asked = 'help' OR asked = 'language' OR asked = 'other'
    OR asked = 'part' OR asked = 'joined' OR asked = 'repeat'),
  -- Sealed.
  body BLOB NOT NULL,
  part_reference INTEGER NOT NULL,
  part_number INTEGER NOT NULL,
  part_total INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX inbound_sms_named ON inbound_sms (channel, provider_id) WHERE provider_id <> '';
CREATE INDEX inbound_sms_digest ON inbound_sms (digest, received_ms);
CREATE INDEX inbound_sms_parts ON inbound_sms (channel, msisdn_hmac, part_reference) WHERE asked = 'part';
CREATE INDEX inbound_sms_from ON inbound_sms (msisdn_hmac, received_ms);
CREATE INDEX inbound_sms_received ON inbound_sms (received_ms);
