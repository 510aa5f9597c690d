//! Bytes to rows of text, without a look at what they mean.

use serde_json::Value;

use super::{BYTES_MAX, Field, FieldFault, FileFault, Place, ROWS_MAX, RowFault, known_fields};

/// What some spreadsheets write before the first character.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
/// Columns without which no row can be good.
const REQUIRED: [Field; 7] =
    [Field::Ref, Field::Employer, Field::EmployerKind, Field::EmployerContact, Field::Trade, Field::Area, Field::Kind];
/// Characters of a value that a fault repeats.
const SHOWN_CHARS: usize = 40;

/// One row: a text or nothing for each field.
#[derive(Debug)]
pub(super) struct Raw {
    pub(super) place: Place,
    fields: Vec<Option<String>>,
}

impl Raw {
    pub(super) fn new(place: Place) -> Raw {
        Raw { place, fields: vec![None; Field::ALL.len()] }
    }

    pub(super) fn set(&mut self, field: Field, value: &str) {
        if let Some(held) = self.fields.get_mut(field as usize) {
            *held = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
        }
    }

    /// The text of a field; `None` when it is empty or not given.
    pub(super) fn get(&self, field: Field) -> Option<&str> {
        self.fields.get(field as usize)?.as_deref()
    }
}

/// Rows in the order of the file.
pub(super) type Rows = Vec<Result<Raw, RowFault>>;

/// A value as a fault repeats it: short, on one line.
pub(super) fn shown(value: &str) -> String {
    let mut shown: String = value.chars().take(SHOWN_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if value.chars().nth(SHOWN_CHARS).is_some() {
        shown.push('…');
    }
    shown
}

/// The text of a file that is not too large and not empty.
fn text(bytes: &[u8]) -> Result<&str, FileFault> {
    if bytes.len() > BYTES_MAX {
        return Err(FileFault::TooLarge { bytes: bytes.len() });
    }
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        FileFault::NotUtf8 { line: before.split(|byte| *byte == b'\n').count() }
    })?;
    if text.trim().is_empty() { Err(FileFault::Empty) } else { Ok(text) }
}

/// CSV with a header: commas or semicolons, quotes doubled inside quotes.
pub(super) fn csv(bytes: &[u8]) -> Result<Rows, FileFault> {
    let text = text(bytes)?;
    let header = text.lines().next().unwrap_or_default();
    // Spreadsheets of French-speaking countries separate by semicolons.
    let delimiter = if header.contains(';') && !header.contains(',') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let columns = header_fields(reader.headers().map_err(|_| FileFault::Empty)?)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        // The text is UTF-8 and rows may be of any length: reading from memory has no other fault.
        let Ok(record) = record else { continue };
        if rows.len() >= ROWS_MAX {
            return Err(FileFault::TooManyRows);
        }
        let place = Place::Line(record.position().map_or(0, |position| first_line(text, position)));
        if record.iter().all(|value| value.trim().is_empty()) {
            continue;
        }
        if record.len() != columns.len() {
            let what = format!("the row has {} values", record.len());
            rows.push(Err(whole(place, what, format!("{} values, as the header has", columns.len()))));
            continue;
        }
        let mut raw = Raw::new(place);
        columns.iter().zip(record.iter()).for_each(|(field, value)| raw.set(*field, value));
        rows.push(Ok(raw));
    }
    Ok(rows)
}

/// The line on which a record stands: its position counts from the empty lines before it.
fn first_line(text: &str, position: &csv::Position) -> u64 {
    let at = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let before = text.as_bytes().get(at..).unwrap_or_default().iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    before.filter(|byte| **byte == b'\n').fold(position.line(), |line, _| line + 1)
}

/// The fields of a header; every name that is not one is reported at once.
fn header_fields(header: &csv::StringRecord) -> Result<Vec<Field>, FileFault> {
    let fields = header.iter().map(|name| Field::from_code(name.trim()).ok_or(name));
    let names: Vec<String> = fields.clone().filter_map(Result::err).map(shown).collect();
    if !names.is_empty() {
        return Err(FileFault::UnknownColumns { names });
    }
    let fields: Vec<Field> = fields.filter_map(Result::ok).collect();
    if let Some(twice) = Field::ALL.iter().find(|field| fields.iter().filter(|had| had == field).count() > 1) {
        return Err(FileFault::Columns { what: format!("column {} is there twice", twice.code()) });
    }
    let missing: Vec<&str> =
        REQUIRED.iter().filter(|field| !fields.contains(field)).map(|field| field.code()).collect();
    if missing.is_empty() {
        return Ok(fields);
    }
    Err(FileFault::Columns { what: format!("missing columns: {}", missing.join(", ")) })
}

/// A JSON array of objects, or one object a line.
pub(super) fn json(bytes: &[u8]) -> Result<Rows, FileFault> {
    let text = text(bytes)?;
    if text.trim_start().starts_with('[') {
        let values: Vec<Value> = serde_json::from_str(text).map_err(|error| FileFault::Json {
            what: json_fault(&error),
            line: error.line(),
            column: error.column(),
        })?;
        if values.len() > ROWS_MAX {
            return Err(FileFault::TooManyRows);
        }
        return Ok((1..).zip(values).map(|(element, value)| object(Place::Element(element), value)).collect());
    }
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    if lines.clone().nth(ROWS_MAX).is_some() {
        return Err(FileFault::TooManyRows);
    }
    Ok(lines
        .map(|(line, text)| {
            let place = Place::Line(line);
            let value = serde_json::from_str(text).map_err(|error| {
                let what = format!("{} at column {}", json_fault(&error), error.column());
                whole(place, what, "one JSON object on the line".to_owned())
            });
            object(place, value?)
        })
        .collect())
}

/// In words that hold nothing of the file.
fn json_fault(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        _ => "it is not JSON",
    }
}

/// An object as a row.
fn object(place: Place, value: Value) -> Result<Raw, RowFault> {
    let Value::Object(object) = value else {
        return Err(whole(place, "it is not an object".to_owned(), "an object in braces".to_owned()));
    };
    let (mut raw, mut faults) = (Raw::new(place), Vec::new());
    for (name, value) in &object {
        let Some(field) = Field::from_code(name) else {
            faults.push(FieldFault { field: shown(name), what: "unknown key".to_owned(), allowed: known_fields() });
            continue;
        };
        match value {
            Value::Null => {}
            Value::String(text) => raw.set(field, text),
            Value::Bool(yes) => raw.set(field, if *yes { "yes" } else { "no" }),
            Value::Number(number) => raw.set(field, &number.to_string()),
            Value::Array(_) | Value::Object(_) => {
                let what = "more than one value".to_owned();
                faults.push(FieldFault {
                    field: name.clone(),
                    what,
                    allowed: "a text, a number or true/false".to_owned(),
                });
            }
        }
    }
    if faults.is_empty() { Ok(raw) } else { Err(RowFault { place, faults }) }
}

/// A row that is wrong as a whole.
fn whole(place: Place, what: String, allowed: String) -> RowFault {
    RowFault { place, faults: vec![FieldFault { field: String::new(), what, allowed }] }
}
