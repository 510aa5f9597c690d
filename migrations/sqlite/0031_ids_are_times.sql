-- Identifiers are made from the time: what is old is found by them. An index on the time beside them was a tenth of all that a
-- message writes.
DROP INDEX outbox_attempt_at;
DROP INDEX receipt_received;
DROP INDEX hook_call_received;
-- For the digest: few are.
CREATE INDEX hook_call_refused ON hook_call (received_ms) WHERE status = 'refused';
