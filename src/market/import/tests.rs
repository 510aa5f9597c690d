//! Import by examples: good rows are kept, each bad one is told with what is wrong.

use proptest::prelude::*;

use super::super::employer::{EmployerKind, Tier};
use super::super::fixture::{DAY_MS, Fixture, NOW_MS, area, country, trade};
use super::super::job_number::mix;
use super::super::kind::{JobKind, Weekdays};
use super::super::pay::{PaidWhen, Pay};
use super::*;
use crate::country::{PayMeans, PayUnit};
use crate::text::datetime::Day;

const HEADER: &str = "ref,employer,employer_kind,employer_contact,trade,area,kind,pay,pay_unit,closes,description";

fn context() -> Context<'static> {
    Context { country: country(), source: "feed", now_ms: NOW_MS }
}

fn csv(rows: &[&str]) -> Vec<Result<ImportRow, RowFault>> {
    parse([&[HEADER], rows].concat().join("\n").as_bytes(), Format::Csv, &context()).unwrap()
}

fn json_row(extra: &str) -> String {
    format!(
        r#"{{"ref":"a1","employer":"EMMA Ltd","employer_kind":"organisation","employer_contact":"0788 123 456","trade":"11","area":"1201","kind":"short"{extra}}}"#
    )
}

fn faults(row: &Result<ImportRow, RowFault>) -> Vec<(String, String)> {
    let faults = row.as_ref().unwrap_err().faults.iter();
    faults.map(|fault| (fault.field.clone(), fault.what.clone())).collect()
}

#[test]
fn a_full_row_is_read_in_both_formats() {
    let line = json_row(
        r#","employer_tier":"registered_firm","openings":3,"start":"2026-11-24","start_time":"07:00","duration_days":5,"pay":"7 000","pay_unit":"day","pay_means":"MoMo","food":true,"transport":"no","live_in":"no","min_years":2,"licence":false,"days":"mon-wed, sat","closes":"2026-11-23","description":"Walls\nof a school""#,
    );
    let rows = parse(line.as_bytes(), Format::of(line.as_bytes()), &context()).unwrap();
    let row = rows[0].clone().unwrap();
    assert_eq!(
        row.employer,
        NewEmployer {
            name: "EMMA Ltd".to_owned(),
            kind: EmployerKind::Organisation,
            tier: Tier::RegisteredFirm,
            contact: "250788123456".to_owned(),
        }
    );
    assert_eq!(
        row.vacancy,
        NewVacancy {
            trade: trade(11),
            place: area(1201).into(),
            town: String::new(),
            kind: JobKind::Short,
            openings: 3,
            start_day: Day::from_date(2026, 11, 24),
            start_minute: Some(420),
            duration_days: Some(5),
            pay: Some(Pay { amount: 7_000, unit: PayUnit::Day }),
            paid: PaidWhen::Daily,
            means: Some(PayMeans::Momo),
            food: true,
            transport: false,
            live_in: false,
            min_years: 2,
            licence: false,
            days: Weekdays::from_bits(0b10_0111),
            closes_ms: NOW_MS - 8 * 3_600_000 + 2 * DAY_MS,
            source: "feed".to_owned(),
            source_ref: "a1".to_owned(),
            description: "Walls of a school".to_owned(),
        }
    );
    let array = format!("[{line},\n{line}]");
    let from_array = parse(array.as_bytes(), Format::of(array.as_bytes()), &context()).unwrap();
    assert_eq!(from_array[1].clone().unwrap(), ImportRow { place: Place::Element(2), ..row });
    let from_csv = csv(&["a1,\"EMMA, Ltd\",agency,emma@example.rw,mason,gasabo/bumbogo,short,5000,day,,"]);
    let from_csv = from_csv[0].clone().unwrap();
    assert_eq!((from_csv.place, from_csv.employer.name.as_str()), (Place::Line(2), "EMMA, Ltd"));
    assert_eq!((from_csv.vacancy.place, from_csv.vacancy.trade), (area(1201).into(), trade(11)));
    assert_eq!(from_csv.vacancy.closes_ms, NOW_MS - 8 * 3_600_000 + 31 * DAY_MS);
}

#[test]
fn bad_rows_are_told_with_all_their_faults_and_the_good_ones_are_kept() {
    let rows = csv(&[
        "a1,EMMA Ltd,organisation,0788123456,11,1201,short,5000,day,,",
        ",EMMA Ltd,firm,0788,Astronaut,Gasabo/Nowhere,short,5000,day,,",
        "a3,EMMA Ltd,organisation,0788123456,11,9,short,5 million,day,2020-01-01,",
        "a4,EMMA Ltd,organisation,0788123456,11,1201,short",
        "",
        "a5,EMMA Ltd,organisation,0788123456,11,1201,short,,,,",
        "a6,EMMA Ltd,organisation,0788123456,11,1201,short,5,day,,",
        "a7,EMMA Ltd,organisation,0788123456,11,Gasabo,internship,,,,",
    ]);
    let good: Vec<&str> =
        rows.iter().filter_map(|row| row.as_ref().ok()).map(|row| row.vacancy.source_ref.as_str()).collect();
    assert_eq!(good, ["a1", "a7"]);
    let fields: Vec<String> = faults(&rows[1]).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["employer_kind", "employer_contact", "ref", "trade", "area"]);
    let fields: Vec<String> = faults(&rows[2]).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["area", "pay", "closes"]);
    assert_eq!(faults(&rows[3]), [(String::new(), "the row has 7 values".to_owned())]);
    assert_eq!(rows[4].as_ref().unwrap_err().place, Place::Line(7));
    assert_eq!(faults(&rows[4])[0].0, "pay");
    assert_eq!(faults(&rows[5]), [("pay".to_owned(), "5 is out of bounds".to_owned())]);
    let shown = rows[5].as_ref().unwrap_err().to_string();
    assert_eq!(shown, "line 8: pay: 5 is out of bounds; allowed: 500 to 200000 a day");
    assert!(!format!("{:?}", rows[1]).contains("0788"), "contacts are not repeated");
}

#[test]
fn unknown_keys_nested_values_and_broken_lines_are_told() {
    let text = [json_row(r#","salary":5"#), json_row(r#","pay":[1]"#), "{broken".to_owned(), "7".to_owned()].join("\n");
    let rows = parse(text.as_bytes(), Format::Json, &context()).unwrap();
    assert_eq!(faults(&rows[0]), [("salary".to_owned(), "unknown key".to_owned())]);
    assert_eq!(faults(&rows[1]), [("pay".to_owned(), "more than one value".to_owned())]);
    assert_eq!(rows[2].as_ref().unwrap_err().place, Place::Line(3));
    assert_eq!(faults(&rows[3])[0].1, "it is not an object");
    let bank = json_row(r#","pay":5000,"pay_unit":"day","pay_means":"bank""#);
    assert_eq!(faults(&parse(bank.as_bytes(), Format::Json, &context()).unwrap()[0])[0].0, "pay_means");
}

#[test]
fn files_that_cannot_be_read_at_all_say_why() {
    let fault = |bytes: &[u8]| parse(bytes, Format::of(bytes), &context()).unwrap_err();
    assert_eq!(fault(b" \n"), FileFault::Empty);
    assert_eq!(fault(b"ref\nx\xFF"), FileFault::NotUtf8 { line: 2 });
    assert_eq!(fault(&vec![b' '; BYTES_MAX + 1]), FileFault::TooLarge { bytes: BYTES_MAX + 1 });
    let header = format!("{HEADER},salary,Fee\n");
    assert_eq!(
        fault(header.as_bytes()),
        FileFault::UnknownColumns { names: vec!["salary".to_owned(), "Fee".to_owned()] }
    );
    let what = "column ref is there twice".to_owned();
    assert_eq!(fault(format!("{HEADER},ref").as_bytes()), FileFault::Columns { what });
    let what = "missing columns: employer, employer_kind, employer_contact, trade, area, kind".to_owned();
    assert_eq!(fault(b"ref,pay"), FileFault::Columns { what });
    assert_eq!(fault(b"[{}, "), FileFault::Json { what: "it ends too early", line: 1, column: 5 });
    let many = format!("{HEADER}\n{}", "a,b,organisation,0788123456,11,12,short,5000,day,,\n".repeat(ROWS_MAX + 1));
    assert_eq!(fault(many.as_bytes()), FileFault::TooManyRows);
}

#[test]
fn a_spreadsheet_of_a_french_office_is_read() {
    let text = format!(
        "\u{feff}{}\r\na1;Café du Lac;agency;emma@example.rw;51;Rubavu;full_time;90000;month;;\r\n",
        HEADER.replace(',', ";")
    );
    let rows = parse(text.as_bytes(), Format::of(text.as_bytes()), &context()).unwrap();
    let row = rows[0].as_ref().unwrap();
    assert_eq!(
        (row.employer.name.as_str(), row.vacancy.place, row.vacancy.paid),
        ("Café du Lac", area(33).into(), PaidWhen::Monthly)
    );
}

#[test]
fn places_are_found_by_other_spellings_and_ambiguous_ones_refused() {
    let place = |text: &str| {
        let row = format!("a1,EMMA Ltd,agency,emma@example.rw,11,{text},short,5000,day,,");
        csv(&[&row])[0].as_ref().ok().map(|row| row.vacancy.place.get())
    };
    assert_eq!(place("NYARUGENGE / mageragere"), place("Nyarugenge/Mageregere"));
    assert!(place("Nyarugenge/Mageregere").is_some());
    assert_eq!((place("Gasabo"), place("12"), place("1201")), (Some(12), Some(12), Some(1201)));
    for wrong in ["Nya", "1", "99", "120101", "Remera", "Gasabo/", "/", ""] {
        assert_eq!(place(wrong), None, "{wrong}");
    }
}

#[test]
fn a_file_read_again_adds_nothing() {
    Fixture::new().run(|tx, f| {
        let rows = csv(&[
            "a1,EMMA Ltd,organisation,0788123456,11,1201,short,5000,day,,",
            "a2,EMMA Ltd,organisation,0788123456,11,1201,short,5000,day,,Send money to 0788123456",
            "a1,EMMA Ltd,organisation,0788123456,12,1201,short,5000,day,,",
        ]);
        let plan = |salt: u64| -> Vec<Planned> {
            let rows = rows.iter().map(|row| row.clone().unwrap()).zip(0_u64..);
            rows.map(|(row, at)| Planned { row, ids: f.ids(), random: mix(salt + at) }).collect()
        };
        assert_eq!(
            store(tx, &f.keys, &plan(0), NOW_MS)?,
            Stored { added: 2, held: 1, duplicates: 1, refused: Vec::new() }
        );
        assert_eq!(
            store(tx, &f.keys, &plan(9), NOW_MS)?,
            Stored { added: 0, held: 0, duplicates: 3, refused: Vec::new() }
        );
        let employers = tx.query("SELECT id FROM employer", &[], |row| row.integer(0))?;
        assert_eq!(employers.len(), 1);
        let worker = f.worker(tx, 1, "Aline Uwera")?;
        assert_eq!(f.jobs(tx, worker, NOW_MS, 9)?.len(), 1, "held ones are not listed");
        Ok(())
    });
}

#[test]
fn work_abroad_names_a_listed_country_instead_of_an_area_and_a_firm_does_not_post_it() {
    let row = |extra: &str| {
        let line = json_row(&format!(r#","pay":5000,"pay_unit":"day"{extra}"#));
        parse(line.as_bytes(), Format::Json, &context()).unwrap().remove(0)
    };
    let abroad = row(r#","area":null,"abroad":"qa","abroad_place":"Doha""#).unwrap();
    assert_eq!((abroad.vacancy.place.country().unwrap().as_str(), abroad.vacancy.town.as_str()), ("QA", "Doha"));
    let told = |extra| faults(&row(extra)).into_iter().map(|(field, _)| field).collect::<Vec<_>>();
    assert_eq!(told(r#","abroad":"QA""#), ["area"]);
    assert_eq!(told(r#","area":null,"abroad":"RW""#), ["abroad"]);
    assert_eq!(told(r#","abroad_place":"Doha""#), ["abroad_place"]);
    assert_eq!(told(r#","area":null,"abroad":"QA","abroad_place":"0788123456""#), ["abroad_place"]);
    Fixture::new().run(move |tx, f| {
        let plan = [Planned { row: abroad.clone(), ids: f.ids(), random: mix(1) }];
        let stored = store(tx, &f.keys, &plan, NOW_MS)?;
        assert_eq!((stored.added, stored.refused.len(), stored.refused[0].faults[0].field.as_str()), (0, 1, "abroad"));
        Ok(())
    });
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), json: bool) {
        let format = if json { Format::Json } else { Format::Csv };
        drop(parse(&bytes, format, &context()));
    }

    #[test]
    fn any_value_of_any_field_is_taken_or_told(at in 0..Field::ALL.len(), value in "\\PC{0,50}") {
        let field = Field::ALL[at].code();
        let mut object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&json_row(r#","pay":5000,"pay_unit":"day""#)).unwrap();
        object.insert(field.to_owned(), serde_json::Value::String(value));
        let line = serde_json::Value::Object(object).to_string();
        let rows = parse(line.as_bytes(), Format::Json, &context()).unwrap();
        prop_assert_eq!(rows.len(), 1);
        if let Err(fault) = &rows[0] {
            prop_assert!(fault.faults.iter().all(|fault| !fault.what.is_empty() && !fault.allowed.is_empty()));
            // A unit without its pay, or a kind that must be paid, may be told at the field beside it.
            prop_assert!(fault.faults.iter().any(|fault| fault.field == field) || field.starts_with("pay") || field == "kind");
        }
    }
}
