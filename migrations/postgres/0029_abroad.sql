-- Work in another country: who agreed to be told of it, where it is, and that it waits for a look.

-- `abroad` is new in consent.purpose and vacancy_hold.why, which nothing checks here.
-- vacancy.area_code below 0 is another country, and then district_code and province_code are -1; application.score_place -1: the
-- place did not count. The place in that country, as the agency wrote it; NULL: none.
ALTER TABLE vacancy ADD COLUMN town_sealed BYTEA;
