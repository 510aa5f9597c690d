//! What was checked, and what follows from it.

use super::super::employer;
use super::super::fixture::{DAY_MS, Fixture, NOW_MS, area};
use super::*;

#[test]
fn who_may_post_what() {
    let standing = |kind, licence_until_ms, blocked_ms| Standing {
        kind,
        tier: Tier::RegisteredFirm,
        licence_until_ms,
        blocked_ms,
    };
    let (firm, home, agency) = (EmployerKind::Organisation, EmployerKind::Household, EmployerKind::Agency);
    for (kind, until_ms, blocked_ms, here, abroad) in [
        (firm, 0, 0, MayPost::Yes, MayPost::NotAnAgency),
        (home, 0, 0, MayPost::Yes, MayPost::NotAnAgency),
        (agency, 0, 0, MayPost::NoLicence, MayPost::NoLicence),
        (agency, NOW_MS, 0, MayPost::NoLicence, MayPost::NoLicence),
        (agency, NOW_MS + 1, 0, MayPost::Yes, MayPost::Yes),
        (agency, NOW_MS + 1, 5, MayPost::Blocked, MayPost::Blocked),
        (firm, 0, 5, MayPost::Blocked, MayPost::Blocked),
    ] {
        let standing = standing(kind, until_ms, blocked_ms);
        assert_eq!(standing.may_post(false, NOW_MS), here, "{standing:?}");
        assert_eq!(standing.may_post(true, NOW_MS), abroad, "{standing:?}");
    }
}

#[test]
fn checks_stand_beside_each_other_with_who_and_when() {
    Fixture::new().run(|tx, f| {
        let agency = employer::known(tx, &f.keys, &mut f.ids(), &f.employer(EmployerKind::Agency), NOW_MS)?;
        let note =
            |tx: &mut Tx<'_>, what, at_ms| check(tx, &f.keys, &mut f.ids(), agency, what, ("ann", "seen"), at_ms);
        assert_eq!(note(tx, Check::Tier(Tier::LicensedAgency), NOW_MS)?, Checked::NotThisKind, "no licence was seen");
        assert_eq!(note(tx, Check::Tier(Tier::IdSeen), NOW_MS)?, Checked::Done);
        assert_eq!(note(tx, Check::Tier(Tier::IdSeen), NOW_MS)?, Checked::Already);
        assert_eq!(note(tx, Check::Licence("LIC 778", NOW_MS + 40 * DAY_MS), NOW_MS + 1)?, Checked::Done);
        assert_eq!(note(tx, Check::Block, NOW_MS + 2)?, Checked::Done);
        assert_eq!(note(tx, Check::Block, NOW_MS + 3)?, Checked::Already);
        assert_eq!(note(tx, Check::Unblock, NOW_MS + 4)?, Checked::Done);
        let lines = history(tx, &f.keys, agency)?;
        let told: Vec<_> = lines.iter().map(|line| (line.what.code(), line.tier.code(), line.by.as_str())).collect();
        assert_eq!(
            told,
            [
                ("tier", "id_seen", "ann"),
                ("licence", "licensed_agency", "ann"),
                ("blocked", "licensed_agency", "ann"),
                ("unblocked", "licensed_agency", "ann"),
            ]
        );
        assert_eq!((lines[1].licence.as_deref(), lines[1].note.as_deref()), (Some("LIC 778"), Some("seen")));
        assert_eq!(licence(tx, &f.keys, agency)?.as_deref(), Some("LIC 778"));
        assert!(!format!("{lines:?}{:?}", Check::Licence("LIC 778", 1)).contains("778"));
        assert_eq!(may_post(tx, agency, area(1201).into(), NOW_MS)?, MayPost::Yes);
        assert!(expiring(tx, NOW_MS + 9 * DAY_MS, 9)?.is_empty());
        assert_eq!(expiring(tx, NOW_MS + 10 * DAY_MS, 9)?, [(agency, NOW_MS + 40 * DAY_MS)]);
        assert!(expiring(tx, NOW_MS + 40 * DAY_MS, 9)?.is_empty(), "it is over");
        let firm = employer::known(tx, &f.keys, &mut f.ids(), &f.employer(EmployerKind::Organisation), NOW_MS)?;
        let licence = Check::Licence("LIC 1", NOW_MS + 1);
        assert_eq!(check(tx, &f.keys, &mut f.ids(), firm, licence, ("ann", ""), NOW_MS)?, Checked::NotThisKind);
        assert_eq!(
            check(tx, &f.keys, &mut f.ids(), EmployerId::new(1), Check::Block, ("a", ""), NOW_MS)?,
            Checked::Nothing
        );
        Ok(())
    });
}
