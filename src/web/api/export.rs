//! `/api/v1/export/...`: an employer's own lists as CSV or NDJSON, read in small pieces so that nothing waits for them.
//!
//! A cell of a CSV file that begins like a formula gets an apostrophe before it: who opens the file in a spreadsheet runs
//! nothing that somebody wrote into a description.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

use super::Api;
use super::applicants::ApplicantOut;
use super::asked::Asked;
use super::page::Cursor;
use super::problem::{Problem, Refusal};
use super::vacancy_shape::VacancyOut;
use crate::market::{ApplicationId, VacancyId, applicants, vacancy_desk};
use crate::storage::Tx;

/// Rows of one file: some megabytes. More come with a cursor.
const ROWS_MAX: usize = 5_000;
/// Rows of one read: a few milliseconds of a snapshot.
const ROWS_PER_READ: i64 = 200;
/// Says where the next file begins.
const NEXT: HeaderName = HeaderName::from_static("kaziline-next-cursor");
/// Names of the lists, in their cursors.
const VACANCIES: &str = "export/vacancies";
const APPLICANTS: &str = "export/applicants";

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Csv,
    Ndjson,
}

/// A file as it grows.
struct File {
    format: Format,
    csv: csv::Writer<Vec<u8>>,
    lines: Vec<u8>,
    rows: usize,
}

impl File {
    fn new(format: Format) -> File {
        File { format, csv: csv::Writer::from_writer(Vec::new()), lines: Vec::new(), rows: 0 }
    }

    /// Adds a row; the first one of a CSV file brings the header.
    fn add(&mut self, row: &impl Serialize) -> Option<()> {
        let row = serde_json::to_value(row).ok()?;
        match self.format {
            Format::Ndjson => {
                serde_json::to_writer(&mut self.lines, &row).ok()?;
                self.lines.push(b'\n');
            }
            Format::Csv => {
                let mut cells = Vec::new();
                flat("", &row, &mut cells);
                if self.rows == 0 {
                    self.csv.write_record(cells.iter().map(|(name, _)| name)).ok()?;
                }
                self.csv.write_record(cells.iter().map(|(_, text)| defused(text))).ok()?;
            }
        }
        self.rows += 1;
        Some(())
    }

    fn response(self, name: &str, next: Option<String>) -> Option<Response> {
        let (bytes, content_type, ending) = match self.format {
            Format::Ndjson => (self.lines, "application/x-ndjson", "ndjson"),
            Format::Csv => (self.csv.into_inner().ok()?, "text/csv; charset=utf-8; header=present", "csv"),
        };
        let mut response = Response::new(Body::from(bytes));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let disposition = format!("attachment; filename=\"{name}.{ending}\"");
        headers.insert(CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).ok()?);
        if let Some(next) = next.and_then(|next| HeaderValue::from_str(&next).ok()) {
            headers.insert(NEXT, next);
        }
        Some(response)
    }
}

/// The cells of a row: fields of objects inside have their names behind a dot, lists are told in one cell.
fn flat(name: &str, value: &Value, cells: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                flat(&if name.is_empty() { field.clone() } else { format!("{name}.{field}") }, value, cells);
            }
        }
        Value::Array(list) => {
            let words = list.iter().map(|one| match one {
                Value::Object(fields) if fields.contains_key("points") => {
                    let word = fields.get("name").and_then(Value::as_str).unwrap_or_default();
                    let of = |name: &str| fields.get(name).map(Value::to_string).unwrap_or_default();
                    format!("{word} {}/{}", of("points"), of("of"))
                }
                Value::Object(fields) => fields.get("text").and_then(Value::as_str).unwrap_or_default().to_owned(),
                other => other.to_string(),
            });
            cells.push((name.to_owned(), words.collect::<Vec<_>>().join(" ")));
        }
        Value::Null => cells.push((name.to_owned(), String::new())),
        Value::String(text) => cells.push((name.to_owned(), text.clone())),
        other => cells.push((name.to_owned(), other.to_string())),
    }
}

/// A text that no spreadsheet takes for a formula. A number of ours keeps its `+`: it is digits and nothing else.
fn defused(text: &str) -> String {
    let is_number = text.strip_prefix('+').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number { format!("'{text}") } else { text.to_owned() }
}

fn format(asked: &Asked) -> Result<Format, Problem> {
    let params = asked.params(&["format", "cursor"])?;
    let format = params.word("format", "csv, ndjson", |word| match word {
        "csv" => Some(Format::Csv),
        "ndjson" => Some(Format::Ndjson),
        _ => None,
    })?;
    Ok(format.unwrap_or(Format::Csv))
}

/// Your vacancies as a file
#[utoipa::path(get, path = "/api/v1/export/vacancies", tag = "export", operation_id = "exportVacancies",
    params(("format" = Option<String>, Query, description = "`csv`, as when left out, or `ndjson`."),
        ("cursor" = Option<String>, Query, description = "The header Kaziline-Next-Cursor of the file before.")),
    responses((status = 200, description = "A file of at most 5,000 rows; the header Kaziline-Next-Cursor says where the next \
        one begins.", content_type = "text/csv", body = String)),
    security(("token" = ["export"])))]
pub(super) async fn vacancies(State(api): State<Arc<Api>>, asked: Asked) -> Result<Response, Problem> {
    let mut file = File::new(format(&asked)?);
    let cursor = asked.params(&["format", "cursor"])?.cursor(VACANCIES)?;
    let mut before = cursor.map_or(i64::MAX, |cursor| cursor.row);
    let employer = asked.caller.employer();
    let mut next = None;
    loop {
        let keys = api.service.keys.clone();
        let read = move |tx: &mut Tx<'_>| {
            let before = VacancyId::new(before);
            Ok::<_, Refusal>(vacancy_desk::list(tx, &keys, employer, None, before, ROWS_PER_READ)?)
        };
        let rows = api.service.store.read(read).await?;
        for row in &rows {
            file.add(&VacancyOut::of(row, &api.service.host)).ok_or_else(Problem::not_now)?;
            before = row.vacancy.get();
        }
        if i64::try_from(rows.len()) != Ok(ROWS_PER_READ) {
            break;
        }
        if file.rows >= ROWS_MAX {
            next = Some(Cursor { rank: 0, row: before }.text(VACANCIES));
            break;
        }
    }
    tracing::info!(employer = employer.get(), rows = file.rows, "an employer took its vacancies out");
    file.response("vacancies", next).ok_or_else(Problem::not_now)
}

/// Everybody who applied for your vacancies, as a file
#[utoipa::path(get, path = "/api/v1/export/applicants", tag = "export", operation_id = "exportApplicants",
    params(("format" = Option<String>, Query, description = "`csv`, as when left out, or `ndjson`."),
        ("cursor" = Option<String>, Query, description = "The header Kaziline-Next-Cursor of the file before.")),
    responses((status = 200, description = "A file of at most 5,000 rows; the header Kaziline-Next-Cursor says where the next \
        one begins.", content_type = "text/csv", body = String)),
    security(("token" = ["export"])))]
pub(super) async fn applicants(State(api): State<Arc<Api>>, asked: Asked) -> Result<Response, Problem> {
    let mut file = File::new(format(&asked)?);
    let cursor = asked.params(&["format", "cursor"])?.cursor(APPLICANTS)?;
    let mut behind = cursor.map_or((0, 0), |cursor| (cursor.rank, cursor.row));
    let employer = asked.caller.employer();
    let mut next = None;
    loop {
        let keys = api.service.keys.clone();
        let read = move |tx: &mut Tx<'_>| {
            let behind = (VacancyId::new(behind.0), ApplicationId::new(behind.1));
            Ok::<_, Refusal>(applicants::of_employer(tx, &keys, employer, behind, ROWS_PER_READ)?)
        };
        let rows = api.service.store.read(read).await?;
        for row in &rows {
            file.add(&ApplicantOut::of(row)).ok_or_else(Problem::not_now)?;
            behind = (row.vacancy.get(), row.application.get());
        }
        if i64::try_from(rows.len()) != Ok(ROWS_PER_READ) {
            break;
        }
        if file.rows >= ROWS_MAX {
            next = Some(Cursor { rank: behind.0, row: behind.1 }.text(APPLICANTS));
            break;
        }
    }
    tracing::info!(employer = employer.get(), rows = file.rows, "an employer took its applicants out");
    file.response("applicants", next).ok_or_else(Problem::not_now)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(format: Format, rows: &[Value]) -> String {
        let mut file = File::new(format);
        for row in rows {
            file.add(row).unwrap();
        }
        let bytes = if format == Format::Csv { file.csv.into_inner().unwrap() } else { file.lines };
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_cell_that_begins_like_a_formula_is_defused() {
        for (given, cell) in [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("-1+1", "'-1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("+250788123456", "+250788123456"),
            ("+1+cmd", "'+1+cmd"),
            ("Walls, \"high\"", "Walls, \"high\""),
            ("", ""),
        ] {
            assert_eq!(defused(given), cell);
        }
    }

    #[test]
    fn rows_are_flat_in_csv_and_whole_in_ndjson() {
        let row = json!({"id": "7", "name": null, "score": {"total": 97,
            "parts": [{"name": "trade", "points": 40, "of": 40}], "reasons": [{"code": "far", "text": "Far, far."}]}});
        let csv = text(Format::Csv, std::slice::from_ref(&row));
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines[0], "id,name,score.parts,score.reasons,score.total");
        assert_eq!(lines[1], "7,,trade 40/40,\"Far, far.\",97");
        let whole: Value = serde_json::from_str(text(Format::Ndjson, std::slice::from_ref(&row)).trim()).unwrap();
        assert_eq!(whole, row);
    }
}
