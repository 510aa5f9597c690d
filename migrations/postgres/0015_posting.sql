-- Posting by keypad: a client, an employer of one person, moves applications too.

-- `client` is new in by_kind, which nothing checks here.
COMMENT ON COLUMN application_event.by_kind IS 'token, client, operator, applicant or system';
