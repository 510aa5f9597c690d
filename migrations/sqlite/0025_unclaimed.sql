-- A message is marked as being sent in the transaction that chooses it: nothing is claimed and not sent any more.
UPDATE outbox SET status = 'queued', lease_until_ms = 0 WHERE status = 'claimed';
DROP INDEX outbox_claimed;
