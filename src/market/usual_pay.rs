//! What a trade usually pays at a place: the middle of what is offered there now. Pay far from it is told to whoever posts,
//! since one digit too many brings people out for nothing. It refuses nothing.

use super::Fault;
use super::pay::Pay;
use crate::country::{AreaCode, TradeCode};
use crate::storage::Tx;

/// Open vacancies that are looked at, the newest first.
const LOOKED_AT: i64 = 25;
/// Fewer say nothing about what is usual.
const OFFERS_MIN: usize = 5;
/// So many times more or less than usual is far: within it lie a beginner's pay and an old hand's.
const FAR_TIMES: i64 = 3;

/// The middle of what open vacancies of a trade pay for this unit in a district; `None` while there are too few.
pub fn usual(tx: &mut Tx<'_>, trade: TradeCode, district: AreaCode, offered: Pay) -> Result<Option<i64>, Fault> {
    const OFFERS: &str = "SELECT pay_amount FROM vacancy WHERE trade = $1 AND district_code = $2 AND status = 'open' \
        AND pay_unit = $3 AND pay_amount > 0 ORDER BY posted_ms DESC LIMIT $4";
    let params = [i64::from(trade.get()).into(), district.get().into(), offered.unit.code().into(), LOOKED_AT.into()];
    let mut amounts = tx.query(OFFERS, &params, |row| row.integer(0))?;
    if amounts.len() < OFFERS_MIN {
        return Ok(None);
    }
    amounts.sort_unstable();
    Ok(amounts.get(amounts.len() / 2).copied())
}

/// Whether an amount is far from what is usual.
pub fn is_far(amount: i64, usual: i64) -> bool {
    amount > usual.saturating_mul(FAR_TIMES) || amount.saturating_mul(FAR_TIMES) < usual
}

#[cfg(test)]
mod tests {
    use super::super::employer::EmployerKind;
    use super::super::fixture::{Fixture, area, trade};
    use super::super::vacancy::NewVacancy;
    use super::*;
    use crate::country::PayUnit;

    #[test]
    fn the_middle_of_the_offers_of_one_place_and_unit_is_usual() {
        Fixture::new().run(|tx, f| {
            let day = |amount| Pay { amount, unit: PayUnit::Day };
            let here = area(1201).district().unwrap();
            for (at, amount) in [4_000, 9_000, 5_000, 6_000].into_iter().enumerate() {
                let new = NewVacancy { pay: Some(day(amount)), ..f.vacancy(11, 1201, &format!("a{at}")) };
                f.post(tx, EmployerKind::Organisation, &new)?;
            }
            assert_eq!(usual(tx, trade(11), here, day(1))?, None, "four are too few");
            f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1202, "b"))?;
            assert_eq!(usual(tx, trade(11), here, day(1))?, Some(5_000));
            assert_eq!(usual(tx, trade(12), here, day(1))?, None);
            assert_eq!(usual(tx, trade(11), here, Pay { amount: 1, unit: PayUnit::Month })?, None);
            Ok(())
        });
        assert!(is_far(50_000, 5_000) && is_far(1_000, 5_000) && !is_far(15_000, 5_000) && !is_far(1_700, 5_000));
        assert!(!is_far(i64::MAX, i64::MAX));
    }
}
