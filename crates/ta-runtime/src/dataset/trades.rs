//! Bars made of single trades.

use ta_kernel_api::Scalar;

use super::downsample::{groups, is_over};
use super::{Downsample, Every, Location, OHLCV, Partition, Tail, Timeframe, list, time};
use crate::error::{Error, Kind};

/// Single trades as columns, in the order they happened. Several may share a time, other than the rows of a partition.
#[derive(Debug, Clone, Copy)]
pub struct Trades<'a, S> {
    /// When each happened.
    pub ts: &'a [i64],
    /// Its price.
    pub price: &'a [S],
    /// How much was traded.
    pub amount: &'a [S],
}

impl<'a, S: Scalar> Trades<'a, S> {
    /// The columns `price` and `amount` of a partition.
    ///
    /// # Errors
    /// One of them is not there.
    pub fn of(rows: &'a Partition<S>) -> Result<Self, Error> {
        let column = |name| {
            rows.column(name).ok_or_else(|| {
                let help = format!("the columns are {}", list(rows.names()));
                Error::new(Kind::Data, format!("trades have no column `{name}`")).with_help(help)
            })
        };
        Ok(Self { ts: rows.ts(), price: column("price")?, amount: column("amount")? })
    }
}

/// The bars of trades: first, highest, lowest and last price, and the amount traded. A bar without trades is left out, and so is one that
/// is not over: it is with the first trade after it.
///
/// ```
/// use ta_runtime::dataset::{Tail, Trades, bars_of};
///
/// let trades = Trades { ts: &[10, 10, 59_999], price: &[3.0, 5.0, 4.0], amount: &[1.0, 1.0, 2.0] };
/// let bars = bars_of(&trades, "1m".parse().unwrap(), Tail::Keep)?;
/// assert_eq!(bars.names(), ["open", "high", "low", "close", "volume"]);
/// let bar: Vec<_> = bars.columns().into_iter().map(|(_, column)| column[0]).collect();
/// assert_eq!(bar, [3.0, 5.0, 3.0, 4.0, 4.0]);
/// # Ok::<(), ta_runtime::Error>(())
/// ```
///
/// # Errors
/// In this order: columns that are not equally long; then trade by trade a time that is out of range or before the one before it, and
/// a value that is infinite.
pub fn bars_of<S: Scalar>(
    trades: &Trades<'_, S>,
    timeframe: Timeframe,
    tail: Tail,
) -> Result<Partition<S>, Error> {
    check(trades)?;
    let every = Every::Bar(timeframe);
    let mut groups = groups(trades.ts, every);
    if tail == Tail::Drop
        && let (Some(group), Some(&now)) = (groups.last(), trades.ts.last())
        && !is_over(group, every, now)
    {
        groups.pop();
    }
    let ts: Vec<i64> = groups.iter().map(|group| group.ts).collect();
    let columns = OHLCV.fields.iter().map(|field| {
        let values = if field.downsample == Downsample::Sum { trades.amount } else { trades.price };
        let column: Vec<S> =
            groups.iter().map(|group| field.downsample.over(&values[group.rows.clone()])).collect();
        (field.name, column)
    });
    let columns: Vec<_> = columns.collect();
    let columns: Vec<(&str, &[S])> = columns.iter().map(|(name, column)| (*name, &column[..])).collect();
    Partition::from_columns(&OHLCV, &ts, &columns)
}

fn check<S: Scalar>(trades: &Trades<'_, S>) -> Result<(), Error> {
    let columns = [("price", trades.price), ("amount", trades.amount)];
    for (name, column) in columns {
        if column.len() != trades.ts.len() {
            let message = format!("{} values for {} times", column.len(), trades.ts.len());
            return Err(Error::new(Kind::Data, message).in_data(Location::default().column(name)));
        }
    }
    let mut last = i64::MIN;
    for (row, &ts) in trades.ts.iter().enumerate() {
        let refuse = |message: String| Error::new(Kind::Data, message);
        if !time::in_range(ts) {
            return Err(refuse("time is out of range".to_owned()).in_data(Location::row(row, ts)));
        }
        if ts < last {
            let message = format!("time is before the {} before it", time::iso(last));
            return Err(refuse(message).in_data(Location::row(row, ts)));
        }
        last = ts;
        for (name, column) in columns {
            let value = column[row];
            if !value.is_finite() && !value.is_missing() {
                return Err(refuse(format!("value is {value}")).in_data(Location::row(row, ts).column(name)));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Resampling, TRADES, downsample};
    use super::*;

    fn minute() -> Timeframe {
        "1m".parse().unwrap()
    }

    #[test]
    fn a_bar_is_over_with_the_first_trade_after_it() {
        let ts = |last| [0, 59_999, last];
        let bars = |last| {
            bars_of(&Trades { ts: &ts(last), price: &[1.0; 3], amount: &[1.0; 3] }, minute(), Tail::Drop)
        };
        assert!(bars(59_999).unwrap().is_empty());
        assert_eq!(bars(60_000).unwrap().ts(), [0]);
    }

    #[test]
    fn a_price_that_is_missing_leaves_the_amount() {
        let trades = Trades { ts: &[0, 1], price: &[f64::NAN, 2.0], amount: &[3.0, f64::NAN] };
        let bars = bars_of(&trades, minute(), Tail::Keep).unwrap();
        let bar: Vec<_> = bars.columns().into_iter().map(|(_, column)| column[0]).collect();
        assert_eq!(bar, [2.0, 2.0, 2.0, 2.0, 3.0]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refused = |ts: &[i64], price: &[f64], amount: &[f64]| {
            let err = bars_of(&Trades { ts, price, amount }, minute(), Tail::Drop).unwrap_err();
            assert!(err.is_data());
            err.to_string()
        };
        assert_eq!(refused(&[1], &[1.0], &[]), "column `amount`: 0 values for 1 times");
        assert_eq!(
            refused(&[1, 0], &[1.0, 1.0], &[1.0, 1.0]),
            "row 1, 1970-01-01T00:00:00Z: time is before the 1970-01-01T00:00:00.001Z before it"
        );
        assert_eq!(
            refused(&[1], &[f64::INFINITY], &[1.0]),
            "row 0, 1970-01-01T00:00:00.001Z, column `price`: value is inf"
        );
        let rows = Partition::<f64>::new(&TRADES, ["price"]).unwrap();
        let err = Trades::of(&rows).unwrap_err();
        assert_eq!(err.to_string(), "trades have no column `amount` (the columns are `price`)");
    }

    proptest! {
        #[test]
        fn bars_of_trades_are_those_of_bars_of_one_trade(
            trades in proptest::collection::vec((1_i64..40_000, 1..100_i32, 0..100_i32), 0..60),
            tail in proptest::sample::select(vec![Tail::Drop, Tail::Keep]),
        ) {
            let ts: Vec<i64> = trades.iter().scan(0, |ts, trade| { *ts += trade.0; Some(*ts) }).collect();
            let price: Vec<f64> = trades.iter().map(|trade| f64::from(trade.1)).collect();
            let amount: Vec<f64> = trades.iter().map(|trade| f64::from(trade.2)).collect();

            let rows = Partition::from_columns(&TRADES, &ts, &[("price", &price), ("amount", &amount)]).unwrap();
            let bars = bars_of(&Trades::of(&rows).unwrap(), minute(), tail).unwrap();

            let columns = [("open", &price), ("high", &price), ("low", &price), ("close", &price), ("volume", &amount)];
            let columns = columns.map(|(name, column)| (name, &column[..]));
            let single = Partition::from_columns(&OHLCV, &ts, &columns).unwrap();
            let expected =
                downsample(&single, Every::Bar(minute()), &Resampling { tail, ..Resampling::default() }).unwrap();
            prop_assert_eq!(format!("{bars:?}"), format!("{expected:?}"));
        }
    }
}
