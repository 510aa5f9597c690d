//! Choosing a trade.

use super::manifest::{fields, outcomes};
use super::{ActionCx, Fault, page};
use crate::country::TradeCode;
use crate::market::worker_trade::{self, TradeOutcome};
use crate::menu::manifest::{Field, FieldType, Value};
use crate::session::{Row, RowsWanted};
use crate::text::folding;

outcomes! { Trade { Saved = "saved", AdultsOnly = "adults_only" } }

pub(super) const CATEGORY_ROW: &[Field] = fields! { "category": FieldType::Coded("category") };
pub(super) const TRADE_ROW: &[Field] = fields! { "trade": FieldType::Coded("trade") };

/// The nine categories.
pub(super) fn categories(cx: &mut ActionCx<'_, '_, '_>, wanted: &RowsWanted) -> Result<(Vec<Row>, bool), Fault> {
    let all = cx.at.host.country.trades.categories();
    Ok(page(
        all,
        wanted,
        |category| i64::from(*category),
        |category| {
            let code = i64::from(*category);
            Row { id: code, values: vec![Value::Coded("category", code)], exact: false }
        },
    ))
}

/// The trades of a category. A two-digit number names a trade of any category; letters or keypad digits narrow.
pub(super) fn in_category(cx: &mut ActionCx<'_, '_, '_>, wanted: &RowsWanted) -> Result<(Vec<Row>, bool), Fault> {
    let (trades, language) = (&cx.at.host.country.trades, cx.language());
    let row = |code: TradeCode, exact: bool| {
        let id = i64::from(code.get());
        Row { id, values: vec![Value::Coded("trade", id)], exact }
    };
    let category = u8::try_from(cx.integer("category")?).unwrap_or_default();
    let mut found: Vec<TradeCode> = trades.in_category(category).to_vec();
    if let Some(typed) = &wanted.find {
        let named = typed.parse().ok().and_then(TradeCode::new).filter(|code| trades.get(*code).is_some());
        if let Some(code) = named {
            return Ok((vec![row(code, true)], false));
        }
        let letters = folding::search_key(typed);
        let digits = typed.chars().all(|c| c.is_ascii_digit());
        found.retain(|code| {
            let name = folding::search_key(trades.name(*code, language));
            name.starts_with(&letters) || (digits && folding::keypad_digits(&name).starts_with(typed.as_str()))
        });
    }
    Ok(page(&found, wanted, |code| i64::from(code.get()), |code| row(*code, false)))
}

/// Saves the worker's first trade.
pub(super) fn set_trade(cx: &mut ActionCx<'_, '_, '_>) -> Result<Trade, Fault> {
    let (person, trade) = (cx.known_person()?, cx.trade("trade")?);
    Ok(match worker_trade::set_primary(cx.tx, &cx.at.host.country, person, trade, cx.at.now_ms)? {
        TradeOutcome::Saved => Trade::Saved,
        _ => Trade::AdultsOnly,
    })
}
