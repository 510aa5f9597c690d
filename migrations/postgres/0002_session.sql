-- Published menus, by the SHA-256 of their files. A visit finishes on the bundle on which it began.
CREATE TABLE bundle (
    hash          BYTEA NOT NULL PRIMARY KEY,
    bytes         BYTEA NOT NULL,
    manifest_hash BYTEA NOT NULL,
    published_ms  BIGINT NOT NULL
);

-- One row a network session, by the keyed hash of channel, number and the gateway's session id. Networks reuse ids: a
-- new dial under an old id begins anew in the same row.
CREATE TABLE session (
    session_id   BIGINT NOT NULL PRIMARY KEY,
    session_key  BYTEA NOT NULL UNIQUE,
    channel      TEXT COLLATE "C" NOT NULL,
    number_hash  BYTEA NOT NULL,
    revision     BIGINT NOT NULL,                     -- writes so far: a hop that finds another one runs again
    started_ms   BIGINT NOT NULL,                     -- the dial
    last_ms      BIGINT NOT NULL,                     -- the last hop
    ended_ms     BIGINT,
    ended_why    TEXT COLLATE "C",                      -- screen, finished, incomplete, failed, other
    hop_uid      BIGINT NOT NULL,                     -- the last hop, as its caller named it; its row in `hop`
    hops         BIGINT NOT NULL,                     -- hops since the dial, which is the first
    text_len     BIGINT NOT NULL,                     -- bytes of the cumulative text so far
    text_hash    BYTEA NOT NULL,                        -- and its keyed hash: a PIN may be in the text itself
    bundle_hash  BYTEA NOT NULL,                        -- no foreign key: it would be looked up at every hop
    visit_sealed BYTEA NOT NULL,
    resumable    BIGINT NOT NULL                        -- 0 or 1
) WITH (fillfactor = 70);                               -- room for a hop's new version on the same page

-- Of columns that no hop changes, so that a hop touches it only when a visit begins or ends.
CREATE INDEX session_resumable ON session (number_hash, channel) WHERE resumable = 1;

-- One row an answered hop: what a gateway that asks again is told. Names of hops are made from the time, so rows are
-- only ever added at the end; a session's rows are found from its last one backwards.
CREATE TABLE hop (
    hop_uid       BIGINT NOT NULL PRIMARY KEY,
    session_id    BIGINT NOT NULL,
    previous_uid  BIGINT NOT NULL,                    -- 0 for a dial
    text_hash     BYTEA NOT NULL,
    state         TEXT COLLATE "C" NOT NULL,
    answer_sealed BYTEA,                                -- absent for secret screens
    is_end        BIGINT NOT NULL,                      -- 0 or 1
    answered_ms   BIGINT NOT NULL
);
