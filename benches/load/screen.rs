//! What is on a screen: whether it is one, how many rows can be chosen on it.

/// A screen that goes on, as Africa's Talking is told.
pub(crate) fn text_of(body: &str) -> Option<&str> {
    body.strip_prefix("CON ")
}

/// Rows that stand under the keys 1, 2, 3 and so on.
pub(crate) fn rows(text: &str) -> u64 {
    let mut rows = 0;
    for line in text.split('\n').skip(1) {
        let Some((key, _)) = line.split_once(' ') else { continue };
        if key.len() == 1 && key.parse() == Ok(rows + 1) {
            rows += 1;
        }
    }
    rows
}
