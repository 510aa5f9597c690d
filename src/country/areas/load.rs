//! Reads the areas of a pack level by level and checks each row against the levels above.

use std::collections::HashMap;

use super::{AREA_NAME_SEPTETS_MAX, Area, AreaCode, Areas, Level, SMALL_AREA_NAME_SEPTETS_MAX};
use crate::{
    country::{
        fault::Faults,
        source::{Row, Source},
    },
    text::{folding::search_key, gsm7},
};

/// File and columns of a level.
fn table(level: Level) -> (&'static str, &'static [&'static str]) {
    match level {
        Level::Province => ("provinces.csv", &["code", "name_rw", "name_en", "name_fr", "name_sw"]),
        Level::District => ("districts.csv", &["code", "name", "neighbours"]),
        Level::Sector => ("sectors.csv", &["code", "name", "aliases"]),
        Level::Cell => ("cells.csv", &["code", "name"]),
        Level::Village => ("villages.csv", &["code", "name"]),
    }
}

/// Columns that hold names.
fn name_columns(level: Level) -> std::ops::Range<usize> {
    if level == Level::Province { 1..5 } else { 1..2 }
}

fn width_max(level: Level) -> usize {
    match level {
        Level::Province | Level::District | Level::Sector => AREA_NAME_SEPTETS_MAX,
        Level::Cell | Level::Village => SMALL_AREA_NAME_SEPTETS_MAX,
    }
}

impl Areas {
    /// For checking rows when the announced counts cannot be read.
    pub(in crate::country) const ANY_COUNTS: [usize; 5] = [0; 5];

    /// No areas yet; `expected` are the counts that the pack announces, in the order of [`Level::ALL`].
    pub(in crate::country) fn new(expected: [usize; 5]) -> Areas {
        Areas { expected, ..Areas::default() }
    }

    /// Whether a level was loaded.
    pub fn is_loaded(&self, level: Level) -> bool {
        self.list.iter().any(|area| area.code.level() == level)
    }

    /// Adds one level from its file. The level above must be there.
    pub(in crate::country) fn load_level(&mut self, source: &Source, level: Level, faults: &mut Faults) {
        let (name, columns) = table(level);
        let Some(file) = source.read(name, faults) else { return };
        let mut lines: HashMap<AreaCode, usize> = HashMap::new();
        let mut read = Vec::new();
        let mut rows = 0;
        file.each_row(columns, faults, |row, faults| {
            rows += 1;
            let Some(area) = self.area(row, level, faults) else { return };
            match lines.insert(area.code, row.line) {
                Some(first) => row.fault(faults, format!("code {} was given on line {first} already", area.code)),
                None => read.push(area),
            }
        });
        let expected = self.expected.get(level as usize).copied().unwrap_or_default();
        if expected != 0 && rows != expected {
            let noun = level.noun();
            faults.add(&file.path, 0, format!("has {rows} rows; pack.toml announces {expected} ({noun} level)"));
        }
        self.list.append(&mut read);
        self.list.sort_unstable_by_key(|area| area.code);
        self.link(level);
        self.check_names(level, &file.path, &lines, faults);
        if level == Level::District {
            self.check_neighbours(&file.path, &lines, faults);
        }
    }

    /// Forgets the areas below a level.
    pub(in crate::country) fn keep_down_to(&mut self, level: Level) {
        self.list.retain(|area| area.code.level() <= level);
        self.list.shrink_to_fit();
        for area in self.list.iter_mut().filter(|area| area.code.level() == level) {
            area.children = Box::default();
        }
    }

    /// One row as an area, or its faults.
    fn area(&self, row: &Row<'_>, level: Level, faults: &mut Faults) -> Option<Area> {
        let code = row.field(0).parse().ok().and_then(AreaCode::new).filter(|code| code.level() == level);
        let Some(code) = code else {
            row.fault(faults, format!("`{}` is not the code of a {}", row.field(0), level.noun()));
            return None;
        };
        if let Some(parent) = code.parent().filter(|parent| self.get(*parent).is_none()) {
            row.fault(faults, format!("{code} lies in {parent}, which no row above describes"));
        }
        let names: Box<[Box<str>]> = name_columns(level).map(|column| row.field(column).into()).collect();
        for name in &names {
            match gsm7::septets(name) {
                None => row.fault(faults, format!("`{name}` has a character outside the GSM alphabet")),
                Some(0) => row.fault(faults, "the name is empty"),
                Some(width) if width > width_max(level) => {
                    row.fault(faults, format!("`{name}` is {width} wide; shorten it to {}", width_max(level)));
                }
                Some(_) => {}
            }
        }
        let aliases = if level == Level::Sector { row.field(2) } else { "" };
        let spellings = names.iter().map(AsRef::as_ref).chain(aliases.split('|').filter(|alias| !alias.is_empty()));
        let keys = spellings.map(|name| search_key(name).into()).collect();
        let neighbours = if level == Level::District { neighbours(row, code, faults) } else { Box::default() };
        Some(Area { code, names, keys, children: Box::default(), neighbours })
    }

    /// Gives every parent of a level its children, by name.
    fn link(&mut self, level: Level) {
        let mut codes: Vec<AreaCode> = self.of_level(level).map(|area| area.code).collect();
        if level == Level::Province {
            self.provinces = codes;
            return;
        }
        codes.sort_by(|a, b| a.parent().cmp(&b.parent()).then_with(|| self.by_name(*a, *b)));
        for siblings in codes.chunk_by(|a, b| a.parent() == b.parent()) {
            let parent = siblings.first().and_then(|code| code.parent()).and_then(|parent| self.position(parent));
            if let Some(area) = parent.and_then(|at| self.list.get_mut(at)) {
                area.children = siblings.into();
            }
        }
    }

    /// Names are unique among siblings, so that a search ends at one. Villages are told apart by their list.
    fn check_names(&self, level: Level, file: &str, lines: &HashMap<AreaCode, usize>, faults: &mut Faults) {
        if level == Level::Village {
            return;
        }
        let line = |code: AreaCode| lines.get(&code).copied().unwrap_or_default();
        let parents = self.list.iter().filter(|area| area.children.iter().any(|child| child.level() == level));
        let rows = parents.map(|area| &*area.children).chain((level == Level::Province).then_some(&*self.provinces));
        for siblings in rows {
            for pair in siblings.windows(2) {
                let [a, b] = pair else { continue };
                let key = |code: &AreaCode| self.get(*code).and_then(|area| area.keys.first());
                if key(a) == key(b) {
                    let (first, second) = (line(*a).min(line(*b)), line(*a).max(line(*b)));
                    faults.add(file, second, format!("has the name of its neighbour on line {first}"));
                }
            }
        }
    }

    /// Every neighbour exists and names this district in turn.
    fn check_neighbours(&self, file: &str, lines: &HashMap<AreaCode, usize>, faults: &mut Faults) {
        for area in self.of_level(Level::District) {
            let line = lines.get(&area.code).copied().unwrap_or_default();
            for other in &area.neighbours {
                match self.get(*other) {
                    None => faults.add(file, line, format!("neighbour {other} does not exist")),
                    Some(back) if !back.neighbours.contains(&area.code) => {
                        let there = lines.get(other).copied().unwrap_or_default();
                        let what =
                            format!("{} names {other} as neighbour, but line {there} does not name it", area.code);
                        faults.add(file, line, what);
                    }
                    Some(_) => {}
                }
            }
        }
    }
}

/// The neighbours column, by code.
fn neighbours(row: &Row<'_>, own: AreaCode, faults: &mut Faults) -> Box<[AreaCode]> {
    let mut codes = Vec::new();
    for word in row.field(2).split_whitespace() {
        match word.parse().ok().and_then(AreaCode::new).filter(|code| code.level() == Level::District && *code != own) {
            Some(code) => codes.push(code),
            None => row.fault(faults, format!("neighbour `{word}` is not the code of another district")),
        }
    }
    codes.sort_unstable();
    codes.dedup();
    codes.into()
}
