-- Messages that name no person are found by their age alone: by a time that every step of a message changes, the index would
-- be written as often as the message. Events for endpoints are none of them.
DROP INDEX outbox_nobodys;
CREATE INDEX outbox_nobodys ON outbox (id) WHERE person_id IS NULL AND endpoint_id = 0 AND length(body) > 0;

-- What refers to a row that goes is looked for by the reference: without these, in the whole table.
CREATE INDEX pay_day_worker ON pay_day (worker_id);
CREATE INDEX pay_day_client ON pay_day (client_id);
CREATE INDEX booking_block_blocked ON booking_block (blocked_id);
CREATE INDEX application_answer_question ON application_answer (question_id);
