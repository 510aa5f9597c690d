//! Groups: who may ask whom in, what an answer does, and that a leader's yes is nobody else's.

use super::group::{self, GROUPS_MAX, INVITED_A_DAY_MAX, Invited, MemberState};
use super::races_tests::{client, hiring, more, order, send, yes};
use super::states::State;
use super::{block, cancel, find};
use crate::market::fixture::{DAY_MS, Fixture, NOW_MS};
use crate::market::{Fault, PersonId};
use crate::storage::Tx;

fn worker(tx: &mut Tx<'_>, f: &Fixture, n: u32) -> Result<PersonId, Fault> {
    f.worker(tx, n, "Aline Uwera")
}

#[test]
fn a_leaders_people_are_asked_and_each_answers_for_themselves() {
    Fixture::new().run(|tx, f| {
        let (leader, a, b) = (worker(tx, f, 1)?, worker(tx, f, 2)?, worker(tx, f, 3)?);
        for member in [a, b] {
            assert_eq!(group::invite(tx, leader, member, NOW_MS)?, Invited::Asked);
            assert_eq!(group::invite(tx, leader, member, NOW_MS)?, Invited::Not);
        }
        assert!(group::answer(tx, leader, a, true, NOW_MS)?);
        assert!(!group::answer(tx, leader, a, false, NOW_MS)?, "answered before");
        let client = client(tx, f, 9)?;
        // Members are asked for work that the leader has taken, whether or not the search would find them.
        block::block(tx, client.person, b, NOW_MS)?;
        let hiring = hiring(send(tx, f, &client, &order(f, 3), None, NOW_MS)?);
        let asked = more(tx, f, hiring, NOW_MS)?;
        let led = asked.iter().map(|id| find(tx, *id).unwrap().unwrap()).find(|found| found.worker == leader).unwrap();
        // Before the leader has said yes there is nothing to bring anybody to.
        assert!(!group::can_bring(tx, &led)?);
        yes(tx, f, led.id, leader, NOW_MS)?;
        let led = find(tx, led.id)?.unwrap();
        assert!(group::can_bring(tx, &led)?);
        // The search has asked A already, and B was never agreed: nobody is asked twice.
        assert!(group::bring(tx, &f.country, &mut f.ids(), &led, 5, NOW_MS)?.is_empty());
        let late = worker(tx, f, 4)?;
        group::invite(tx, leader, late, NOW_MS)?;
        group::answer(tx, leader, late, true, NOW_MS)?;
        let brought = group::bring(tx, &f.country, &mut f.ids(), &led, 5, NOW_MS)?;
        assert_eq!(brought.len(), 1);
        let theirs = find(tx, brought[0])?.unwrap();
        assert_eq!((theirs.worker, theirs.state, theirs.hiring), (late, State::Requested, led.hiring));
        assert!(group::bring(tx, &f.country, &mut f.ids(), &led, 5, NOW_MS)?.is_empty());
        Ok(())
    });
}

#[test]
fn nobody_is_pressed_and_who_leaves_is_out() {
    Fixture::new().run(|tx, f| {
        let (leader, member) = (worker(tx, f, 1)?, worker(tx, f, 2)?);
        assert_eq!(group::invite(tx, leader, leader, NOW_MS)?, Invited::Not);
        let unlisted = f.begin(tx, 8)?;
        assert_eq!(group::invite(tx, leader, unlisted, NOW_MS)?, Invited::Not);
        group::invite(tx, leader, member, NOW_MS)?;
        assert!(group::answer(tx, leader, member, false, NOW_MS)?);
        // A no holds for three months.
        assert_eq!(group::invite(tx, leader, member, NOW_MS + 89 * DAY_MS)?, Invited::Not);
        let later_ms = NOW_MS + 91 * DAY_MS;
        assert_eq!(group::invite(tx, leader, member, later_ms)?, Invited::Asked);
        assert!(group::answer(tx, leader, member, true, later_ms)?);
        assert_eq!(group::of(tx, member)?[0].state, MemberState::Agreed);
        group::part(tx, leader, member, later_ms)?;
        assert!(group::of(tx, member)?.is_empty() && group::of(tx, leader)?.is_empty());
        // Whoever goes for good leaves no trace in it.
        let other = worker(tx, f, 3)?;
        group::invite(tx, leader, other, later_ms)?;
        cancel::leave(tx, leader, later_ms)?;
        assert!(group::of(tx, other)?.is_empty());
        Ok(())
    });
}

#[test]
fn a_leader_asks_few_a_day_and_nobody_is_in_many_groups() {
    Fixture::new().run(|tx, f| {
        let leader = worker(tx, f, 1)?;
        let people: Vec<PersonId> = (2..10).map(|n| worker(tx, f, n).unwrap()).collect();
        let asked: Vec<Invited> = people.iter().map(|one| group::invite(tx, leader, *one, NOW_MS).unwrap()).collect();
        let most = usize::try_from(INVITED_A_DAY_MAX).unwrap();
        assert!(asked[..most].iter().all(|done| *done == Invited::Asked));
        assert!(asked[most..].iter().all(|done| *done == Invited::Full));
        assert_eq!(group::invite(tx, leader, people[most], NOW_MS + DAY_MS + 1)?, Invited::Asked);
        let groups = usize::try_from(GROUPS_MAX).unwrap();
        for other in &people[1..groups] {
            assert_eq!(group::invite(tx, *other, people[0], NOW_MS)?, Invited::Asked);
        }
        assert_eq!(group::invite(tx, people[groups], people[0], NOW_MS)?, Invited::Not);
        Ok(())
    });
}
