//! The texts of a bundle as a sheet: CSV with a row for each text and a column for each language.
//!
//! Translators work in spreadsheets, not in TOML. [`export`] writes what they need to see: every text beside its source,
//! the septets that are left on its screen, and which translations are older than their source. [`import`] takes the
//! filled sheet back: only texts that differ are written, and the files keep their comments and their order. It proves
//! nothing but the sheet: whoever calls it proves the new files with [`super::build`] before they are kept. [`renew`]
//! then says from which source text each translation was made.
//!
//! A spreadsheet runs a cell that begins like a formula. Such a text carries an apostrophe in the sheet, which the import
//! takes off again.

use std::collections::BTreeMap;
use std::fmt;

use csv::StringRecord;
use toml_edit::{DocumentMut, Item, Table, Value};

use super::fault::did_you_mean;
use super::lock::{self, Lock};
use super::read::read;
use super::source::{FILE_BYTES_MAX, Sources, Written};
use crate::text::Language;

/// Bytes of a sheet that are read at most (4 MiB): four languages, each as large as the file of its texts may be.
pub const SHEET_BYTES_MAX: usize = 4 * FILE_BYTES_MAX;

/// Characters of a key or a column name that a fault repeats at most: twice the longest key that is used.
const SHOWN_CHARS: usize = 64;

/// The column of text keys.
const KEY: &str = "key";
/// Behind a language: the column of septets that are left. Never read.
const LEFT: &str = " left";
/// Behind a language: the column of stale marks. Never read.
const STALE: &str = " stale";

/// What some spreadsheets and editors write before the first character.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// What a spreadsheet takes for the beginning of a formula, or skips to find one.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// One text that an import changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Its key, as in `home.new.text`.
    pub key: String,
    /// The language of the text.
    pub language: Language,
}

/// What came of a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The bundle's files with the new texts; not yet proven.
    pub sources: Sources,
    /// The texts that differ, in the order of the sheet.
    pub changed: Vec<Changed>,
}

/// One fault of a sheet.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SheetFault {
    /// Line of the sheet, from 1; of a row with line breaks its first.
    pub line: u64,
    /// The column's name.
    pub column: Option<String>,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub fix: String,
}

impl SheetFault {
    fn new(line: u64, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { line, column: None, what: what.into(), fix: fix.into() }
    }

    fn in_column(self, column: &str) -> Self {
        Self { column: Some(shown(column)), ..self }
    }
}

impl fmt::Display for SheetFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, what, fix } = self;
        match column {
            Some(column) => write!(out, "line {line}, column `{column}`: {what}: {fix}"),
            None => write!(out, "line {line}: {what}: {fix}"),
        }
    }
}

impl std::error::Error for SheetFault {}

/// Writes the sheet. `left` tells the septets that are left on the longest screen of a section, where that is known.
///
/// Rows stand in the order of the source language; texts that only another language has come last.
pub fn export(written: &Written, lock: &Lock, left: &dyn Fn(Language, &str) -> Option<i64>) -> String {
    let languages = lock::languages(written);
    let source = lock::source_language(&languages);
    let source_texts = lock::source_texts(written);
    let present = lock::texts_by_language(written);
    let mut header = vec![KEY.to_owned()];
    for language in &languages {
        let code = language.code();
        header.extend([code.to_owned(), format!("{code}{LEFT}")]);
        if *language != source {
            header.push(format!("{code}{STALE}"));
        }
    }
    let mut rows = vec![header];
    for text in lock::every_text(written) {
        let mut row = vec![guarded(&text.key)];
        for language in &languages {
            let own = present.get(language).and_then(|texts| texts.get(&text.key));
            row.push(own.map(|own| guarded(own)).unwrap_or_default());
            row.push(left(*language, text.section).map(|septets| septets.to_string()).unwrap_or_default());
            if *language != source {
                let made_from = source_texts.get(&text.key).filter(|_| own.is_some());
                let stale = made_from.is_some_and(|made_from| lock.is_stale(*language, &text.key, made_from));
                row.push(if stale { STALE.trim_start().to_owned() } else { String::new() });
            }
        }
        rows.push(row);
    }
    let mut out = csv::Writer::from_writer(Vec::new());
    for row in &rows {
        // The rows are of one length, and memory takes them all: nothing here can fail.
        let _ = out.write_record(row);
    }
    String::from_utf8(out.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// Takes a sheet into the bundle's files, or says everything that is wrong with it.
///
/// An empty cell leaves the text as it is, and so does a language without a column. Columns of septets and of stale marks
/// are not read.
pub fn import(sources: &Sources, written: &Written, sheet: &[u8]) -> Result<Imported, Vec<SheetFault>> {
    let mut faults = Vec::new();
    let sheet = readable(sheet).map_err(|fault| vec![fault])?;
    let edits = read_edits(sheet, written, &mut faults);
    let sources = apply(sources, &edits, &mut faults);
    if !faults.is_empty() {
        return Err(faults);
    }
    let changed = edits.into_iter().map(|edit| Changed { key: edit.key, language: edit.language }).collect();
    Ok(Imported { sources, changed })
}

/// The lock after an import: what was `changed` is made from the source text as it stands in `after`; every other
/// translation keeps its entry. One that had none was made from the source text as it stood `before`.
pub fn renew(lock: &Lock, before: &Written, after: &Written, changed: &[Changed]) -> Lock {
    lock.renewed(before, after, &|language, key| {
        changed.iter().any(|changed| changed.language == language && changed.key == key)
    })
}

/// Whether a spreadsheet might run the text. Apostrophes before it are looked through, so that every one that
/// [`guarded`] adds can be told from those of the text.
fn is_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(FORMULA)
}

/// The text as a cell that no spreadsheet runs.
pub(super) fn guarded(text: &str) -> String {
    if is_formula(text) { format!("'{text}") } else { text.to_owned() }
}

/// The text of a cell: the other way of [`guarded`].
fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|text| is_formula(text)).unwrap_or(cell)
}

/// A name as a fault repeats it: short, on one line.
fn shown(name: &str) -> String {
    name.escape_debug().take(SHOWN_CHARS).collect()
}

/// The sheet as text.
fn readable(sheet: &[u8]) -> Result<&str, SheetFault> {
    if sheet.len() > SHEET_BYTES_MAX {
        let what = format!("the sheet is larger than {SHEET_BYTES_MAX} bytes");
        return Err(SheetFault::new(1, what, "write a new one with `kaziline menu sheet` and fill that in"));
    }
    let text = std::str::from_utf8(sheet).map_err(|error| {
        let before = sheet.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.iter().fold(1, |line, byte| line + u64::from(*byte == b'\n'));
        SheetFault::new(line, "the sheet is not UTF-8", "save it as CSV in UTF-8")
    })?;
    Ok(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text))
}

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Key,
    Text(Language),
    /// Not read.
    Other,
    /// Without a name: a cell below it is a slip.
    Nameless,
}

/// A text that is to be written.
struct Edit<'a> {
    line: u64,
    key: String,
    section: &'a str,
    slot: &'a str,
    language: Language,
    text: String,
}

/// What a sheet changes. Every fault is found in one run.
fn read_edits<'a>(sheet: &str, written: &'a Written, faults: &mut Vec<SheetFault>) -> Vec<Edit<'a>> {
    let names = sheet.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    // Spreadsheets of French-speaking countries separate by semicolons.
    let separator = if names.matches(';').count() > names.matches(',').count() { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.delimiter(separator).has_headers(false).flexible(true).from_reader(sheet.as_bytes());
    // The text is UTF-8 and rows may be of any length: reading from memory has no other fault.
    let mut records = reader.records().filter_map(Result::ok);
    let spoken = lock::languages(written);
    let header = records.next().unwrap_or_default();
    let header_line = line_of(sheet, &header);
    let columns = read_columns(&header, header_line, &spoken, faults);
    let Some(key_at) = columns.iter().position(|column| *column == Column::Key) else {
        let fix = "begin the sheet with a line as `key,en,fr`: commas or semicolons between the names";
        faults.push(SheetFault::new(header_line, "the sheet has no column `key`", fix));
        return Vec::new();
    };
    let every = lock::every_text(written).into_iter();
    let known: BTreeMap<String, (&str, &str)> = every.map(|text| (text.key, (text.section, text.slot))).collect();
    let present = lock::texts_by_language(written);
    let mut first_lines: BTreeMap<&str, u64> = BTreeMap::new();
    let mut edits = Vec::new();
    for row in records.filter(|row| !row.iter().all(is_blank)) {
        let line = line_of(sheet, &row);
        let named = |at: usize| columns.get(at).is_some_and(|column| *column != Column::Nameless);
        if row.iter().enumerate().any(|(at, cell)| !is_blank(cell) && !named(at)) {
            let fix = format!("put a text with `{}` in double quotes, or name the column", char::from(separator));
            faults.push(SheetFault::new(line, "a cell stands under no column", fix));
        }
        let key = unguarded(row.get(key_at).unwrap_or_default().trim());
        let Some((key, &(section, slot))) = known.get_key_value(key) else {
            let key = shown(key);
            let fix = did_you_mean(&key, known.keys().map(String::as_str));
            let fix = fix.unwrap_or_else(|| "take the keys as `kaziline menu sheet` writes them".to_owned());
            let what = if key.is_empty() { "the row has no key".to_owned() } else { format!("unknown key `{key}`") };
            faults.push(SheetFault::new(line, what, fix).in_column(KEY));
            continue;
        };
        if let Some(first) = first_lines.get(key.as_str()) {
            let what = format!("`{key}` is there twice, first on line {first}");
            faults.push(SheetFault::new(line, what, "remove one").in_column(KEY));
            continue;
        }
        first_lines.insert(key, line);
        for (column, cell) in columns.iter().zip(&row) {
            let Column::Text(language) = *column else { continue };
            let present = present.get(&language).and_then(|texts| texts.get(key)).copied();
            let text = unguarded(cell);
            // Some spreadsheets write a line break inside a cell as two characters.
            let one_character = text.replace("\r\n", "\n");
            if !is_blank(text) && present != Some(text) && present != Some(one_character.as_str()) {
                edits.push(Edit { line, key: key.clone(), section, slot, language, text: one_character });
            }
        }
    }
    edits
}

/// Whether a cell says nothing. A text of blanks alone would be a slip too.
fn is_blank(cell: &str) -> bool {
    cell.trim().is_empty()
}

/// The line on which a row begins: its position counts from the line breaks before it.
fn line_of(sheet: &str, row: &StringRecord) -> u64 {
    let Some(position) = row.position() else { return 1 };
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let behind = sheet.as_bytes().get(start..).unwrap_or_default();
    let breaks = behind.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    breaks.fold(position.line(), |line, byte| line + u64::from(*byte == b'\n'))
}

/// The columns of a header.
fn read_columns(header: &StringRecord, line: u64, spoken: &[Language], faults: &mut Vec<SheetFault>) -> Vec<Column> {
    let codes: Vec<&str> = spoken.iter().map(|language| language.code()).collect();
    let mut columns: Vec<Column> = Vec::new();
    for name in header.iter().map(str::trim) {
        let mut refuse = |what: &str, fix: String| faults.push(SheetFault::new(line, what, fix).in_column(name));
        let about = name.strip_suffix(LEFT).or_else(|| name.strip_suffix(STALE)).and_then(Language::from_code);
        let column = match (name, Language::from_code(name)) {
            ("", _) => Column::Nameless,
            (KEY, _) => Column::Key,
            (_, Some(language)) if spoken.contains(&language) => Column::Text(language),
            (_, Some(_)) => {
                let fix = format!("remove the column; the bundle speaks {}", codes.join(", "));
                refuse("the bundle does not speak this language", fix);
                Column::Other
            }
            (_, None) if about.is_some() => Column::Other,
            (_, None) => {
                refuse("unknown column", format!("remove it; known: {KEY}, {}", codes.join(", ")));
                Column::Other
            }
        };
        let twice = matches!(column, Column::Key | Column::Text(_)) && columns.contains(&column);
        if twice {
            refuse("the column is there twice", "remove one".to_owned());
        }
        columns.push(if twice { Column::Other } else { column });
    }
    columns
}

/// The files with the edits in them. What was written is read again: nothing is lost that could not be written.
fn apply(sources: &Sources, edits: &[Edit<'_>], faults: &mut Vec<SheetFault>) -> Sources {
    let mut files: BTreeMap<String, String> =
        sources.files.iter().map(|file| (file.path.clone(), file.text.clone())).collect();
    for language in Language::ALL {
        let own: Vec<&Edit<'_>> = edits.iter().filter(|edit| edit.language == language).collect();
        if !own.is_empty() {
            let text = files.entry(path_of(language)).or_default();
            // A file that cannot be read stays as it is, and is found below.
            if let Some(new) = edited(text, &own) {
                *text = new;
            }
        }
    }
    let after = Sources::new(files);
    let written = read(&after, &mut Vec::new());
    let present = lock::texts_by_language(&written);
    for edit in edits {
        let found = present.get(&edit.language).and_then(|texts| texts.get(&edit.key)).copied();
        if found != Some(edit.text.as_str()) {
            let what = format!("`{}` cannot be written into {}", edit.key, path_of(edit.language));
            let fix = "mend what `kaziline menu check` says of the file, or write the text there by hand";
            faults.push(SheetFault::new(edit.line, what, fix).in_column(edit.language.code()));
        }
    }
    after
}

/// The file of a language's texts.
fn path_of(language: Language) -> String {
    format!("text/{}.toml", language.code())
}

/// A file with its edits; nothing if it is no TOML.
fn edited(text: &str, edits: &[&Edit<'_>]) -> Option<String> {
    let (mark, body) = text.strip_prefix(BYTE_ORDER_MARK).map_or(("", text), |body| ("\u{feff}", body));
    let two_characters = body.contains("\r\n");
    let mut document: DocumentMut = body.parse().ok()?;
    for edit in edits {
        set(document.as_table_mut(), edit, two_characters);
    }
    let mut out = document.to_string();
    // The library ends the last line, and every line by one character.
    if !body.is_empty() && !body.ends_with('\n') && out.ends_with('\n') {
        out.pop();
    }
    if two_characters {
        out = out.replace("\r\n", "\n").replace('\n', "\r\n");
    }
    Some(format!("{mark}{out}"))
}

/// Writes one text where it stands; a new one at the end of its table.
fn set(root: &mut Table, edit: &Edit<'_>, two_characters: bool) {
    let slots = match edit.section.split_once('.') {
        None => root.entry(edit.section).or_insert_with(toml_edit::table),
        Some((group, name)) => {
            let group = root.entry(group).or_insert_with(|| {
                let mut table = Table::new();
                table.set_implicit(true);
                Item::Table(table)
            });
            // No table can be added to a group that is written on one line.
            let inline = group.is_inline_table();
            let group = group.as_table_like_mut().filter(|group| !inline || group.contains_key(name));
            let Some(group) = group else { return };
            group.entry(name).or_insert_with(toml_edit::table)
        }
    };
    let Some(slots) = slots.as_table_like_mut() else { return };
    let item = slots.entry(edit.slot).or_insert(Item::None);
    let old = item.as_value();
    let quotes = old.map(Value::to_string).unwrap_or_default();
    let text = lock::quoted(&edit.text, quotes.trim_start(), two_characters);
    // The comment behind the text, and the blanks around it.
    let decor = old.map(|old| old.decor().clone()).unwrap_or_default();
    let mut value: Value = text.parse().unwrap_or_else(|_| Value::from(edit.text.as_str()));
    *value.decor_mut() = decor;
    *item = Item::Value(value);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::menu::tests::example::{FILES, sources_with};

    const EN: &str = "text/en.toml";
    const SW: &str = "text/sw.toml";
    /// A line that stands once in each language's file, and the key of its text.
    const CLINIC_EN: &str = "clinic = \"Clinic\"\n";
    const CLINIC_SW: &str = "clinic = \"Kliniki\"\n";
    const CLINIC: &str = "home.start.clinic";

    fn read_all(sources: &Sources) -> Written {
        let mut faults = Vec::new();
        let written = read(sources, &mut faults);
        assert!(faults.is_empty(), "{faults:?}");
        written
    }

    fn sheet_of(sources: &Sources) -> String {
        export(&read_all(sources), &Lock::default(), &|_, _| None)
    }

    fn take(sources: &Sources, sheet: &str) -> Imported {
        import(sources, &read_all(sources), sheet.as_bytes()).unwrap_or_else(|faults| panic!("{sheet}\n{faults:#?}"))
    }

    fn refused(sheet: &[u8]) -> Vec<SheetFault> {
        let sources = sources_with(&[]);
        import(&sources, &read_all(&sources), sheet).unwrap_err()
    }

    fn file<'a>(sources: &'a Sources, path: &str) -> &'a str {
        &sources.files.iter().find(|file| file.path == path).expect(path).text
    }

    /// A sheet of one text in one language, quoted as it must be.
    fn sheet_with(key: &str, language: &str, text: &str) -> String {
        let mut out = csv::Writer::from_writer(Vec::new());
        out.write_record([KEY, language]).unwrap();
        out.write_record([key, guarded(text).as_str()]).unwrap();
        String::from_utf8(out.into_inner().unwrap_or_default()).unwrap()
    }

    fn cell(sheet: &str, key: &str, column: &str) -> String {
        let mut reader = csv::Reader::from_reader(sheet.as_bytes());
        let at = reader.headers().unwrap().iter().position(|name| name == column).expect(column);
        let row = reader.records().map(Result::unwrap).find(|row| &row[0] == key).expect(key);
        row[at].to_owned()
    }

    fn changed(key: &str, language: Language) -> Changed {
        Changed { key: key.to_owned(), language }
    }

    #[test]
    fn a_row_for_each_text_and_a_column_for_each_language() {
        let extra = "vault = \"Majibu\"\nextra = \"Zaidi, \\\"na\\\"\\nzaidi\"\n";
        let written = read_all(&sources_with(&[(SW, "vault = \"Majibu\"\n", extra)]));
        let left =
            |language: Language, section: &str| (language == Language::Sw && section == "home.start").then_some(-3_i64);
        let sheet = export(&written, &Lock::of(&written), &left);
        assert!(sheet.starts_with("key,en,en left,sw,sw left,sw stale\nengine.back,Back,,Rudi,,\n"), "{sheet}");
        assert!(sheet.contains("\nhome.start.clinic,Clinic,,Kliniki,-3,\nhome.start.market,"), "{sheet}");
        assert!(sheet.contains("\nbooking.patient.bad,A name has letters.,,,,\n"), "{sheet}");
        // What English lacks comes last.
        assert!(sheet.ends_with("\nhome.start.extra,,,\"Zaidi, \"\"na\"\"\nzaidi\",-3,\n"), "{sheet}");
    }

    #[test]
    fn a_sheet_that_nobody_filled_changes_nothing() {
        let sources = sources_with(&[]);
        let sheet = export(&read_all(&sources), &Lock::default(), &|_, _| Some(-12));
        for sheet in [sheet.clone(), format!("\u{feff}{sheet}"), sheet.replace('\n', "\r\n")] {
            assert_eq!(take(&sources, &sheet), Imported { sources: sources.clone(), changed: Vec::new() });
        }
        assert!(take(&sources, "key,sw,en\nhome.start.clinic,, \n\n,,\n").changed.is_empty());
    }

    #[test]
    fn a_changed_cell_changes_its_line_alone() {
        let commented = "# Fupi.\nclinic   =  \"Kliniki\"   # kwenye \"menyu\"\n";
        let sources = sources_with(&[(SW, "[engine]", "# Kiswahili.\n\n[engine]"), (SW, CLINIC_SW, commented)]);
        let sheet = sheet_of(&sources).replace(",Kliniki,", ",\"Kliniki, zote\",");
        let imported = take(&sources, &sheet);
        assert_eq!(imported.changed, [changed(CLINIC, Language::Sw)]);
        let wanted = file(&sources, SW).replacen("\"Kliniki\"", "\"Kliniki, zote\"", 1);
        assert_eq!(file(&imported.sources, SW), wanted);
        for (before, after) in sources.files.iter().zip(&imported.sources.files) {
            assert_eq!(before.path, after.path);
            assert!(before.path == SW || before == after);
        }
        assert_eq!(sources.files.len(), imported.sources.files.len());
    }

    #[test]
    fn line_ends_and_byte_order_marks_stay_as_they_are() {
        let plain = sources_with(&[]);
        let with = |text: &str| {
            let files = plain.files.iter().map(|file| {
                let text = if file.path == SW { text.to_owned() } else { file.text.clone() };
                (file.path.clone(), text)
            });
            Sources::new(files)
        };
        let ways = [("", "\n", ""), ("\u{feff}", "\r\n", "\r\n"), ("", "\r\n", ""), ("\u{feff}", "\n", "\n")];
        for (mark, end, last) in ways {
            let text = format!("{mark}{}{last}", file(&plain, SW).trim_end().replace('\n', end));
            let imported = take(&with(&text), &sheet_with(CLINIC, "sw", "Zahanati"));
            assert_eq!(imported.sources, with(&text.replacen("\"Kliniki\"", "\"Zahanati\"", 1)));
        }
        let lines = format!("clinic = {0}Kliniki\nyetu{0}\n", "\"\"\"");
        let sources = sources_with(&[(SW, CLINIC_SW, &lines)]);
        let text = file(&sources, SW).replace('\n', "\r\n");
        let imported = take(&with(&text), &sheet_with(CLINIC, "sw", "Zahanati\nyetu"));
        assert!(file(&imported.sources, SW).contains("\r\nclinic = \"Zahanati\\nyetu\"\r\n"));
    }

    #[test]
    fn a_text_keeps_its_quotes_where_they_can_hold_it() {
        for (old, text, new) in [
            ("\"Kliniki\"", "Zahanati", "\"Zahanati\""),
            ("\"Kliniki\"", "C:\\ \"zote\"", "\"C:\\\\ \\\"zote\\\"\""),
            ("\"Kliniki\"", "a\nb", "\"a\\nb\""),
            ("'Kliniki'", "\"zote\"", "'\"zote\"'"),
            ("'Kliniki'", "ng'ombe", "\"ng'ombe\""),
            ("\"\"\"\nKli\nniki\"\"\"", "a\n\"b\"", "\"\"\"\na\n\\\"b\\\"\"\"\""),
            ("'''Kliniki'''", "a", "\"\"\"\na\"\"\""),
        ] {
            let line = format!("clinic = {old} # fupi\n");
            let sources = sources_with(&[(SW, CLINIC_SW, &line)]);
            let imported = take(&sources, &sheet_with(CLINIC, "sw", text));
            let wanted = file(&sources, SW).replacen(&line, &format!("clinic = {new} # fupi\n"), 1);
            assert_eq!(file(&imported.sources, SW), wanted);
        }
    }

    #[test]
    fn a_text_that_a_language_lacks_comes_to_the_end_of_its_table() {
        let sources = sources_with(&[]);
        let imported = take(&sources, "key,sw\nbooking.patient.bad,Andika herufi.\n");
        assert_eq!(imported.changed, [changed("booking.patient.bad", Language::Sw)]);
        let asked = "text = \"Nani anakuja?\"\n";
        let wanted = file(&sources, SW).replacen(asked, &format!("{asked}bad = \"Andika herufi.\"\n"), 1);
        assert_eq!(file(&imported.sources, SW), wanted);
    }

    #[test]
    fn tables_and_files_that_a_language_lacks_are_made() {
        let inside = (SW, "[vault.inside]\ntext = \"Majibu yako yapo kliniki.\"\n\n", "");
        let words = (
            SW,
            "[words]\nyes = \"NDIYO\"\nno = \"HAPANA\"\nup = \"inapanda\"\ndown = \"inashuka\"\nkilo = \"kg\"\n\n",
            "",
        );
        let some = sources_with(&[inside, words]);
        let files = FILES.into_iter().filter(|(path, _)| *path != SW);
        let none = Sources::new(files.map(|(path, text)| (path.to_owned(), text.to_owned())));
        for sources in [some, none] {
            let imported = take(&sources, "key,sw\nvault.inside.text,Tayari.\nwords.up,juu\n");
            let written = read_all(&imported.sources);
            let texts = lock::texts_by_language(&written);
            let texts = &texts[&Language::Sw];
            assert_eq!((texts["vault.inside.text"], texts["words.up"]), ("Tayari.", "juu"));
            let text = file(&imported.sources, SW);
            assert!(text.contains("[vault.inside]\ntext = \"Tayari.\"\n") && !text.contains("[vault]"), "{text}");
            if let Some(old) = sources.files.iter().find(|file| file.path == SW) {
                assert!(old.text.lines().all(|line| text.contains(line)), "{text}");
                assert!(text.find("[vault.ask]") < text.find("[vault.inside]"), "{text}");
                assert!(text.find("[vault.inside]") < text.find("[help.lost]"), "{text}");
            }
        }
    }

    #[test]
    fn sheets_of_a_french_office_are_read() {
        let sources = sources_with(&[]);
        for sheet in [
            "\u{feff}key;sw;sw stale\r\nhome.start.clinic;Kliniki, zote;stale\r\n",
            "\n\nkey;sw;;\nhome.start.clinic;\"Kliniki, zote\";;\n;;;\n",
            " sw , key\n\"Kliniki, zote\",home.start.clinic",
        ] {
            let imported = take(&sources, sheet);
            assert_eq!(imported.changed, [changed(CLINIC, Language::Sw)]);
            assert!(file(&imported.sources, SW).contains("clinic = \"Kliniki, zote\"\n"));
        }
        let broken = take(&sources, "key,sw\r\nhome.start.clinic,\"Kliniki\r\nzote\"\r\n");
        assert!(file(&broken.sources, SW).contains("clinic = \"Kliniki\\nzote\"\n"));
    }

    #[test]
    fn every_fault_is_found_with_its_line() {
        let sheet = "key,sw,de,fr,sw,\r\n\
            home.start.clinic,\"Kliniki\nzote\",,,,\r\n\
            \r\n\
            home.start.clinc,Kliniki,,,,\r\n\
            home.start.clinic,Kliniki,,,,\r\n\
            ,Kliniki,,,,\r\n\
            home.start.vault,Majibu,,,,yako\r\n\
            home.start.market,Soko,,,,,kubwa\r\n";
        let found = refused(sheet.as_bytes());
        let wanted = [
            (1, Some("de"), "unknown column", "known: key, en, sw"),
            (1, Some("fr"), "does not speak", "speaks en, sw"),
            (1, Some("sw"), "there twice", "remove one"),
            (5, Some("key"), "unknown key `home.start.clinc`", "did you mean `home.start.clinic`?"),
            (6, Some("key"), "`home.start.clinic` is there twice, first on line 2", "remove one"),
            (7, Some("key"), "the row has no key", "as `kaziline menu sheet` writes them"),
            (8, None, "under no column", "a text with `,`"),
            (9, None, "under no column", "a text with `,`"),
        ];
        assert_eq!(found.len(), wanted.len(), "{found:#?}");
        for (fault, (line, column, what, fix)) in found.iter().zip(wanted) {
            assert_eq!((fault.line, fault.column.as_deref()), (line, column), "{fault}");
            assert!(fault.what.contains(what) && fault.fix.contains(fix), "{fault}");
        }
        assert_eq!(found[6].to_string(), format!("line 8: {}: {}", found[6].what, found[6].fix));
        assert!(found[2].to_string().starts_with("line 1, column `sw`: the column is there twice: "));
    }

    #[test]
    fn what_is_no_sheet_says_why() {
        let only = |sheet: &[u8]| {
            let found = refused(sheet);
            assert_eq!(found.len(), 1, "{found:#?}");
            (found[0].line, found[0].what.clone(), found[0].fix.clone())
        };
        let (line, what, fix) = only(b"key,sw\nhome.start.clinic,Pr\xE9c\xE9dent\n");
        assert_eq!((line, what.as_str(), fix.as_str()), (2, "the sheet is not UTF-8", "save it as CSV in UTF-8"));
        let (line, what, _) = only(&vec![b' '; SHEET_BYTES_MAX + 1]);
        assert_eq!((line, what), (1, format!("the sheet is larger than {SHEET_BYTES_MAX} bytes")));
        for (sheet, at) in [("", 1), ("\n\n", 1), ("sw,en\nKliniki,Clinic\n", 1), ("\nsw\nKliniki\n", 2)] {
            let (line, what, fix) = only(sheet.as_bytes());
            assert_eq!((line, what.as_str()), (at, "the sheet has no column `key`"), "{sheet}");
            assert!(fix.contains("key,en,fr"));
        }
    }

    #[test]
    fn a_text_that_its_file_cannot_take_is_a_fault() {
        let home =
            "[home.start]\ntext = \"Afya na bei\"\nclinic = \"Kliniki\"\nmarket = \"Soko\"\nvault = \"Majibu\"\n\n";
        let inline = "home = { start = { text = \"Afya na bei\" } }\n\n[engine]";
        let more = (EN, "[home.start]", "[home.more]\ntext = \"More\"\n\n[home.start]");
        let sources = sources_with(&[(SW, home, ""), (SW, "[engine]", inline), more]);
        let sheet = b"key,sw\nhome.start.clinic,Kliniki\nhome.more.text,Zaidi\n";
        let faults = import(&sources, &read_all(&sources), sheet).unwrap_err();
        assert_eq!((faults.len(), faults[0].line, faults[0].column.as_deref()), (1, 3, Some("sw")), "{faults:#?}");
        assert!(faults[0].what.contains("home.more.text") && faults[0].fix.contains("by hand"), "{}", faults[0]);

        let unreadable = sources_with(&[(SW, "[engine]", "[engine")]);
        let written = read(&unreadable, &mut Vec::new());
        let faults = import(&unreadable, &written, b"key,sw\nhome.start.clinic,Zahanati\n").unwrap_err();
        assert_eq!((faults.len(), faults[0].line), (1, 2));
        assert!(faults[0].what.contains(SW), "{}", faults[0]);
    }

    #[test]
    fn a_translation_is_marked_while_it_is_older_than_its_source() {
        let lock = Lock::of(&read_all(&sources_with(&[])));
        let sources = sources_with(&[(EN, CLINIC_EN, "clinic = \"Health centre\"\n")]);
        let before = read_all(&sources);
        let sheet = export(&before, &lock, &|_, _| None);
        assert_eq!(cell(&sheet, CLINIC, "sw stale"), "stale");
        assert_eq!(cell(&sheet, "home.start.market", "sw stale"), "");
        assert_eq!(sheet.matches("stale").count(), 2, "the heading and one text");

        let imported = take(&sources, &sheet_with(CLINIC, "sw", "Kituo cha afya"));
        let after = read_all(&imported.sources);
        let lock = renew(&lock, &before, &after, &imported.changed);
        assert_eq!(cell(&export(&after, &lock, &|_, _| None), CLINIC, "sw stale"), "");
    }

    #[test]
    fn a_source_that_changes_in_the_sheet_leaves_the_other_translations_behind() {
        let sources = sources_with(&[]);
        let before = read_all(&sources);
        let sheet = "key,en,sw\nhome.start.clinic,Health centre,\nhome.start.market,Trade,Biashara\n";
        let imported = take(&sources, sheet);
        let (clinic, market) = (CLINIC, "home.start.market");
        let (en, sw) = (Language::En, Language::Sw);
        assert_eq!(imported.changed, [changed(clinic, en), changed(market, en), changed(market, sw)]);
        let after = read_all(&imported.sources);
        // Recorded or not: the translation is one of the old source.
        for lock in [Lock::default(), Lock::of(&before)] {
            let lock = renew(&lock, &before, &after, &imported.changed);
            let sheet = export(&after, &lock, &|_, _| None);
            assert_eq!(cell(&sheet, clinic, "sw stale"), "stale");
            assert_eq!(cell(&sheet, market, "sw stale"), "");
            assert_eq!(sheet.matches("stale").count(), 2, "the heading and one text");
            // The next import does not take the mark away.
            assert_eq!(renew(&lock, &after, &after, &[]), lock);
        }
    }

    #[test]
    fn a_lock_forgets_what_is_no_longer_there() {
        let before = read_all(&sources_with(&[]));
        let after = read_all(&sources_with(&[(SW, CLINIC_SW, "")]));
        let lock = renew(&Lock::of(&before), &before, &after, &[]);
        assert_eq!(lock, Lock::of(&after));
        assert_ne!(lock, Lock::of(&before));
    }

    /// Texts of what a phone shows, with all that TOML, CSV and spreadsheets take for something else.
    fn texts() -> impl Strategy<Value = String> {
        let characters: Vec<char> = "aZ09 éèàùñ£$_ΔΩ@=+-'\"\\\n\r\t,;:{}[]^~|€#\u{c}".chars().collect();
        let text = prop::collection::vec(prop::sample::select(characters), 1..40);
        text.prop_map(|text| text.into_iter().collect::<String>())
    }

    proptest! {
        #[test]
        fn a_guarded_text_is_no_formula_and_comes_back(text in "['=+@\\-\\t\\ra]{0,5}") {
            let cell = guarded(&text);
            prop_assert!(!cell.starts_with(FORMULA));
            prop_assert_eq!(unguarded(&cell), text.as_str());
        }

        #[test]
        fn any_text_survives_the_sheet(text in texts()) {
            let line = format!("clinic = {}\n", lock::basic_string(&text));
            let sources = sources_with(&[(SW, CLINIC_SW, &line)]);
            let imported = take(&sources, &sheet_of(&sources));
            prop_assert_eq!(imported, Imported { sources, changed: Vec::new() });
        }

        #[test]
        fn any_text_of_a_cell_is_written(text in texts()) {
            let sources = sources_with(&[]);
            let imported = take(&sources, &sheet_with(CLINIC, "sw", &text));
            let text = text.replace("\r\n", "\n");
            if text.trim().is_empty() {
                prop_assert_eq!(imported, Imported { sources, changed: Vec::new() });
            } else {
                let line = format!("clinic = {}\n", lock::basic_string(&text));
                prop_assert_eq!(imported.changed, vec![changed(CLINIC, Language::Sw)]);
                prop_assert_eq!(imported.sources, sources_with(&[(SW, CLINIC_SW, &line)]));
            }
        }

        #[test]
        fn any_bytes_are_read_without_panic(
            head in "(key)?[,;](sw|en|fr|x| left|\"){0,2}",
            bytes in prop::collection::vec(any::<u8>(), 0..80),
        ) {
            let sources = sources_with(&[]);
            let sheet = [head.as_bytes(), &b"\nhome.start.clinic,"[..], &bytes[..]].concat();
            if let Ok(imported) = import(&sources, &read_all(&sources), &sheet) {
                prop_assert_eq!(imported.changed.is_empty(), imported.sources == sources);
            }
        }
    }
}
