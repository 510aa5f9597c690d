-- Published menus, by the SHA-256 of their files. A visit finishes on the bundle on which it began.
CREATE TABLE bundle (
    hash          BLOB NOT NULL PRIMARY KEY,
    bytes         BLOB NOT NULL,
    manifest_hash BLOB NOT NULL,
    published_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row a network session, by the keyed hash of channel, number and the gateway's session id. Networks reuse ids: a
-- new dial under an old id begins anew in the same row.
CREATE TABLE session (
    session_id   INTEGER NOT NULL PRIMARY KEY,
    session_key  BLOB NOT NULL UNIQUE,
    channel      TEXT NOT NULL,
    number_hash  BLOB NOT NULL,
    revision     INTEGER NOT NULL,                     -- writes so far: a hop that finds another one runs again
    started_ms   INTEGER NOT NULL,                     -- the dial
    last_ms      INTEGER NOT NULL,                     -- the last hop
    ended_ms     INTEGER,
    ended_why    TEXT CHECK (ended_why = 'screen' OR ended_why = 'finished' OR ended_why = 'incomplete'
    OR ended_why = 'failed' OR ended_why = 'other'),
    hop_uid      INTEGER NOT NULL,                     -- the last hop, as its caller named it; its row in `hop`
    hops         INTEGER NOT NULL,                     -- hops since the dial, which is the first
    text_len     INTEGER NOT NULL,                     -- bytes of the cumulative text so far
    text_hash    BLOB NOT NULL,                        -- and its keyed hash: a PIN may be in the text itself
    bundle_hash  BLOB NOT NULL,                        -- no foreign key: it would be looked up at every hop
    visit_sealed BLOB NOT NULL,
    resumable    INTEGER NOT NULL CHECK (resumable IN (0, 1))
) STRICT;

-- Of columns that no hop changes, so that a hop touches it only when a visit begins or ends.
CREATE INDEX session_resumable ON session (number_hash, channel) WHERE resumable = 1;

-- One row an answered hop: what a gateway that asks again is told. Names of hops are made from the time, so rows are
-- only ever added at the end; a session's rows are found from its last one backwards.
CREATE TABLE hop (
    hop_uid       INTEGER NOT NULL PRIMARY KEY,
    session_id    INTEGER NOT NULL,
    previous_uid  INTEGER NOT NULL,                    -- 0 for a dial
    text_hash     BLOB NOT NULL,
    state         TEXT NOT NULL,
    answer_sealed BLOB,                                -- absent for secret screens
    is_end        INTEGER NOT NULL CHECK (is_end IN (0, 1)),
    answered_ms   INTEGER NOT NULL
) STRICT;
