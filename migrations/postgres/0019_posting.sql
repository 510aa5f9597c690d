-- Posting by keypad: a client, an employer of one person, moves applications too.

-- `client` is new in application_event.by_kind, which nothing checks here: there is nothing to alter.
