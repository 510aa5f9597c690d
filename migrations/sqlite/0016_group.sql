-- People who work together: whoever leads them says yes for themselves alone, and each of the others for themselves.
--
-- Conventions as in 0001.
CREATE TABLE group_member (
  leader_id INTEGER NOT NULL REFERENCES person (id),
  member_id INTEGER NOT NULL REFERENCES person (id),
  state TEXT NOT NULL CHECK (state = 'invited' OR state = 'agreed' OR state = 'refused'),
  -- When the leader last asked.
  invited_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL,
  PRIMARY KEY (leader_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_of_member ON group_member (member_id, leader_id);
