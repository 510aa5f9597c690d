-- Published menus, by the SHA-256 of their files. A visit finishes on the bundle on which it began.
CREATE TABLE bundle (
    hash          BLOB NOT NULL PRIMARY KEY,
    bytes         BLOB NOT NULL,
    manifest_hash BLOB NOT NULL,
    published_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row a network session, by the keyed hash of channel, number and the gateway's session id. Networks reuse ids: a
-- new dial under an old id begins a new generation of the same row.
CREATE TABLE session (
    session_id   INTEGER NOT NULL PRIMARY KEY,
    session_key  BLOB NOT NULL UNIQUE,
    channel      TEXT NOT NULL,
    number_hash  BLOB NOT NULL,
    generation   INTEGER NOT NULL DEFAULT 1,
    seq          INTEGER NOT NULL DEFAULT 1,           -- hops that came in, answered or not
    first_seq    INTEGER NOT NULL DEFAULT 1,           -- the first hop of this generation
    started_ms   INTEGER NOT NULL,
    last_ms      INTEGER NOT NULL,                     -- the last hop that was answered
    ended_ms     INTEGER,
    ended_why    TEXT CHECK (ended_why IN ('screen', 'finished', 'incomplete', 'failed', 'other')),
    hop_uid      INTEGER NOT NULL DEFAULT 0,           -- the last hop that was answered, as its caller named it
    hop_seq      INTEGER NOT NULL DEFAULT 0,           -- its row in `hop`
    text_len     INTEGER NOT NULL DEFAULT 0,           -- bytes of the cumulative text so far
    text_hash    BLOB,                                 -- and its keyed hash: a PIN may be in the text itself
    bundle_hash  BLOB,                                 -- no foreign key: it would be looked up at every hop
    visit_sealed BLOB,
    resumable    INTEGER NOT NULL DEFAULT 0 CHECK (resumable IN (0, 1))
) STRICT;

-- Of columns that no hop changes, so that a hop touches it only when a visit begins or ends.
CREATE INDEX session_resumable ON session (number_hash, channel) WHERE resumable = 1;

-- One row an answered hop: what a gateway that asks again is told.
CREATE TABLE hop (
    session_id    INTEGER NOT NULL,
    generation    INTEGER NOT NULL,
    seq           INTEGER NOT NULL,
    text_len      INTEGER NOT NULL,
    text_hash     BLOB NOT NULL,
    state         TEXT NOT NULL,
    answer_sealed BLOB,                                -- absent for secret screens
    is_end        INTEGER NOT NULL CHECK (is_end IN (0, 1)),
    answered_ms   INTEGER NOT NULL,
    PRIMARY KEY (session_id, generation, seq)
) STRICT, WITHOUT ROWID;
