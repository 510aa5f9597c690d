-- People who work together: whoever leads them says yes for themselves alone, and each of the others for themselves.
--
-- Conventions as in 0001.
CREATE TABLE group_member (
  leader_id BIGINT NOT NULL REFERENCES person (id),
  member_id BIGINT NOT NULL REFERENCES person (id),
  state TEXT COLLATE "C" NOT NULL,
  -- When the leader last asked.
  invited_ms BIGINT NOT NULL,
  changed_ms BIGINT NOT NULL,
  PRIMARY KEY (leader_id, member_id)
);
CREATE INDEX group_of_member ON group_member (member_id, leader_id);
