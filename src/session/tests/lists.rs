//! Lists: pages, keys that mean what was on the screen, narrowing by what is typed, and lists that have become empty.

use super::super::visit::PAGES_MAX;
use super::host::Host;

/// The row ids on the screen.
fn rows(host: &Host) -> &[i64] {
    &host.visit.page.as_ref().unwrap().rows
}

#[test]
fn pages_turn_forth_and_back() {
    let mut host = Host::new();
    host.clinics = (1..=30).collect();
    host.dial("");
    let first = host.typed("1");
    assert!(first.ends_with("\n98 More\n0 Back") && first.contains("\n1 Clinic 1, "), "{first}");
    let on_first = rows(&host).to_vec();
    let second = host.typed("98");
    assert!(second.contains("\n98 More\n97 Previous\n0 Back"), "{second}");
    assert_eq!(rows(&host).first(), Some(&(on_first.last().unwrap() + 1)));
    assert_eq!(host.typed("97"), first);
    host.typed("98");
    let mut seen = on_first;
    seen.extend(rows(&host));
    while host.visit.page.as_ref().unwrap().more {
        host.typed("98");
        seen.extend(rows(&host));
    }
    assert_eq!(seen, host.clinics);
    let last = host.typed("98");
    assert!(last.starts_with("Not found.\n"), "there are no more: {last}");
    // Turning pages is not a step back.
    assert_eq!(host.typed("0"), "Health and prices\n1 Clinic\n2 Market\n3 Results");
}

#[test]
fn a_key_means_the_row_that_was_on_the_screen() {
    let mut host = Host::new();
    host.dial("");
    let shown = host.typed("2");
    assert!(shown.contains("\n2 Beans of ki. 1100 rising"), "{shown}");
    host.crops.insert(0, 40);
    host.crops.retain(|crop| *crop != 11);
    assert_eq!(host.typed("2"), "Beans of kind 11: 1100\n1 Sell\n2 All prices\n0 Back");
}

#[test]
fn back_leads_to_the_page_that_was_left() {
    let mut host = Host::new();
    host.dial("");
    host.all(&["2", "98", "98"]);
    let (page, shown) = (rows(&host).to_vec(), host.visit.page.clone());
    host.typed("1");
    assert_eq!(host.at(), "market.price");
    let again = host.typed("0");
    assert!(again.contains("97 Previous"), "{again}");
    assert!(rows(&host) == page && host.visit.page == shown);
}

#[test]
fn a_wrong_key_shows_the_same_page_again() {
    let mut host = Host::new();
    host.dial("");
    host.all(&["2", "98"]);
    let page = rows(&host).to_vec();
    for wrong in ["9", "55"] {
        assert!(host.typed(wrong).starts_with("Press a number below.\nPrices today\n1 "));
        assert_eq!(rows(&host)[0], page[0]);
    }
    assert!(host.typed("zz").starts_with("Press the number in front"));
    host.typed("0");
    assert_eq!(rows(&host), page);
}

#[test]
fn an_option_stands_beside_the_rows() {
    let mut host = Host::new();
    host.dial("");
    assert!(host.typed("2").contains("\n98 More\n90 Type a number\n0 Back"));
    assert_eq!(host.typed("90"), "Which crop number?\n1 All prices\n0 Back");
    assert_eq!(host.typed("99"), "Which crop number?\n1 All prices\n0 Back");
    assert_eq!(host.typed("5"), "Type a number.\nWhich crop number?\n1 All prices\n0 Back");
    assert_eq!(host.typed("12"), "Beans of kind 12: 1200\n1 Sell\n2 All prices\n0 Back");
}

#[test]
fn typing_narrows_a_list() {
    let mut host = Host::new();
    host.clinics = (1..=30).collect();
    host.dial("");
    host.typed("1");
    // Letters, and the keys that carry them: 254642 spells clinic.
    let narrowed = host.typed("clinic2");
    assert!(narrowed.contains("\n1 Clinic 2, ") && rows(&host)[..2] == [2, 20], "{narrowed}");
    host.typed("2546423");
    assert_eq!(rows(&host)[..2], [3, 30]);
    // A narrowed list has pages, and is there again after a step back.
    host.typed("2546421");
    host.typed("98");
    let page = rows(&host).to_vec();
    host.typed("1");
    assert_eq!(host.at(), "booking.reason");
    host.typed("0");
    assert_eq!(rows(&host), page);
    // None is left when the caller comes back: the whole list is shown.
    host.typed("1");
    host.clinics = vec![20, 30];
    assert!(host.typed("0").starts_with("Clinics near you\n1 Clinic 20, "));
}

#[test]
fn a_code_chooses_its_row_at_once_and_only_when_it_is_typed() {
    let mut host = Host::new();
    host.clinics = (1..=30).collect();
    host.dial("");
    // 25 is a clinic's number, and the keys of C and L: the number wins.
    assert!(host.all(&["1", "25"]).starts_with("Why do you come?"));
    assert!(host.typed("9").starts_with("Nothing was booked at Clinic 25."));
    assert!(host.typed("0").starts_with("Why do you come?"));
    // The list that one comes back to is whole again, and nothing is chosen by itself.
    let list = host.typed("0");
    assert!(list.starts_with("Clinics near you\n1 Clinic 1, "), "{list}");
}

#[test]
fn what_is_not_found_is_told_and_counted() {
    let mut host = Host::new();
    host.dial("");
    host.typed("1");
    for typed in ["zebra", "77"] {
        assert!(host.typed(typed).starts_with("Not found.\nClinics near you\n1 Clinic 1, "));
    }
    assert!(host.typed("zebra").starts_with("Press the number in front"));
    assert!(host.typed("0").starts_with("Clinics near you\n1 Clinic 1, "));
}

#[test]
fn an_empty_list_leads_elsewhere_and_is_no_step_back() {
    let mut host = Host::new();
    host.clinics.clear();
    host.dial("");
    assert_eq!(host.typed("1"), "No clinic is open.\n1 Home\n0 Back");
    assert_eq!(host.typed("0"), "Health and prices\n1 Clinic\n2 Market\n3 Results");
    host.crops.clear();
    // Without `empty`, the prompt and the options stand alone.
    assert_eq!(host.typed("2"), "Prices today\n90 Type a number\n0 Back");
    assert_eq!(host.dial("1"), "No clinic is open.\n1 Home");
}

#[test]
fn a_page_that_has_gone_gives_way_to_one_before() {
    let mut host = Host::new();
    host.dial("");
    host.all(&["2", "98", "98", "98"]);
    let before = host.visit.page.as_ref().unwrap().starts.len();
    host.crops.truncate(host.visit.page.as_ref().unwrap().starts[2].skip + 1);
    assert!(host.typed("x").starts_with("Press a number below.\nPrices today\n1 "));
    assert_eq!(host.visit.page.as_ref().unwrap().starts.len(), before - 1);
    host.crops = (10..=40).collect();
    while host.visit.page.as_ref().unwrap().more {
        host.typed("98");
    }
    host.crops.truncate(1);
    assert!(host.typed("x").contains("\n1 Beans of ki. 1000 rising\n"));
    assert_eq!(host.visit.page.as_ref().unwrap().starts.len(), 1);
}

#[test]
fn more_pages_than_are_remembered_can_be_turned() {
    let mut host = Host::new();
    host.crops = (10..2000).collect();
    host.dial("");
    host.typed("2");
    let mut last = 9;
    for _ in 0..PAGES_MAX * 2 {
        assert_eq!(rows(&host)[0], last + 1);
        last = *rows(&host).last().unwrap();
        host.typed("98");
    }
    assert_eq!(host.visit.page.as_ref().unwrap().starts.len(), PAGES_MAX);
}
