//! Volume weighted average price (`vwap`).

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use ta_kernel_api::prelude::*;
use ta_kernel_api::window::Cumulative;

/// Volume weighted average price: the mean of the typical prices so far, each counted as often as it was traded.
///
/// `vwap = sum(typical * volume) / sum(volume)` with `typical = (high + low + close) / 3`, since the first bar or since the latest start of a
/// UTC day, week or month. Missing until something has been traded. The sums do not drift, and an unchanged price has exactly itself as average.
/// Constant time and memory per bar.
///
/// # Reference
/// TA-Lib `VWAP` for `anchor = none`.
#[kernel(
    id = "vwap",
    family = "volume",
    since = "0.1",
    inputs(ts = ts, high = high, low = low, close = close, volume = volume),
    outputs(vwap),
    warmup = data,
    plot(overlay)
)]
pub struct Vwap {
    /// When the average starts afresh: never (`none`), or with each UTC `day`, `week` (from Monday) or `month`.
    #[param(choice, default = Anchor::None)]
    pub anchor: Anchor,
}

/// When a [`Vwap`] starts afresh.
#[choices]
pub enum Anchor {
    /// Never.
    None,
    /// With each UTC day.
    Day,
    /// With each Monday, UTC.
    Week,
    /// With the first day of each month, UTC.
    Month,
}

impl Anchor {
    /// The first millisecond after the period that holds `ts`; `None` when there is no end to it within the calendar.
    fn end(self, ts: i64) -> Option<i64> {
        let date = Timestamp::from_millisecond(ts).ok()?.to_zoned(TimeZone::UTC).date();
        let next: Option<Date> = match self {
            Self::None => None,
            Self::Day => date.tomorrow().ok(),
            Self::Week => {
                let left = 7 - date.weekday().to_monday_zero_offset();
                date.checked_add(left.days()).ok()
            }
            Self::Month => date.first_of_month().checked_add(1.month()).ok(),
        };
        Some(next?.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
    }
}

/// What a [`Vwap`] remembers between two bars.
#[state]
pub struct VwapState<S: Scalar> {
    /// When the current period ends; missing when it does not.
    end: Option<S>,
    average: WeightedMean<S>,
}

/// A mean that each value enters with a weight, relative to the first value.
#[state]
pub struct WeightedMean<S: Scalar> {
    base: Option<S>,
    sum: Cumulative<S>,
    weight: Cumulative<S>,
}

impl<S: Scalar> WeightedMean<S> {
    fn new() -> Self {
        Self { base: None, sum: Cumulative::new(), weight: Cumulative::new() }
    }

    #[inline]
    fn push(&mut self, x: S, weight: S) -> S {
        let base = *self.base.get_or_insert(x);
        let sum = self.sum.push((x - base) * weight);
        base + sum.checked_div(self.weight.push(weight))
    }
}

#[inline]
fn typical<S: Scalar>(high: S, low: S, close: S) -> S {
    (high + low + close) / S::from_i64(3)
}

impl<S: Scalar> Kernel<S, 5, 1> for Vwap {
    type State = VwapState<S>;

    fn lookback(&self) -> [usize; 1] {
        [0]
    }

    fn stabilisation(&self) -> usize {
        // Forgets at the end of a period if at all, however many bars that takes.
        usize::MAX
    }

    fn init(&self) -> VwapState<S> {
        VwapState { end: None, average: WeightedMean::new() }
    }

    #[inline]
    fn step(&self, state: &mut VwapState<S>, [ts, high, low, close, volume]: [S; 5]) -> [S; 1] {
        if self.anchor != Anchor::None && state.end.is_none_or(|end| ts >= end) {
            state.end = Some(self.anchor.end(ts.to_f64() as i64).map_or(S::MISSING, S::from_i64));
            state.average = WeightedMean::new();
        }
        [state.average.push(typical(high, low, close), volume)]
    }

    fn batch(&self, [ts, high, low, close, volume]: [&[S]; 5], [vwap]: [&mut [S]; 1]) {
        let mut start = 0;
        while start < ts.len() {
            let end = self.anchor.end(ts[start].to_f64() as i64).map(S::from_i64);
            let rows =
                end.map_or(ts.len() - start, |end| ts[start..].iter().take_while(|&&ts| ts < end).count());
            let period = start..start + rows;
            let mut average = WeightedMean::new();
            for row in period.clone() {
                vwap[row] = average.push(typical(high[row], low[row], close[row]), volume[row]);
            }
            start = period.end;
        }
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    const DAY: f64 = 86_400_000.0;

    fn vwap(anchor: Anchor, ts: &[f64], price: &[f64], volume: &[f64]) -> Vec<f64> {
        let [vwap] = run(&Vwap { anchor }, [ts, price, price, price, volume]);
        vwap
    }

    #[test]
    fn mean_of_the_prices_weighed_by_volume() {
        // (10*1 + 20*3) / 4 = 17.5, (70 + 15*4) / 8 = 16.25
        let out = vwap(Anchor::None, &[0.0, DAY, 2.0 * DAY], &[10.0, 20.0, 15.0], &[1.0, 3.0, 4.0]);
        assert_rows!(out, [10.0, 17.5, 16.25]);
    }

    #[test]
    fn nothing_traded_has_no_price() {
        let out = vwap(Anchor::None, &[0.0, 1.0, 2.0], &[10.0, 20.0, 15.0], &[0.0, 3.0, 0.0]);
        assert_rows!(out, [_, 20.0, 20.0]);
    }

    #[test]
    fn periods_start_afresh() {
        // The epoch was a Thursday: day 4 is a Monday, day 31 the first of February (a Sunday).
        let days: Vec<f64> = [0.0, 0.5, 3.9, 4.0, 30.9, 31.0].map(|day| day * DAY).to_vec();
        let (price, volume) = ([1.0, 3.0, 5.0, 7.0, 9.0, 11.0], [1.0; 6]);
        assert_rows!(vwap(Anchor::Day, &days, &price, &volume), [1.0, 2.0, 5.0, 7.0, 9.0, 11.0]);
        assert_rows!(vwap(Anchor::Week, &days, &price, &volume), [1.0, 2.0, 3.0, 7.0, 9.0, 10.0]);
        assert_rows!(vwap(Anchor::Month, &days, &price, &volume), [1.0, 2.0, 3.0, 4.0, 5.0, 11.0]);
    }

    #[test]
    fn a_time_outside_the_calendar_is_a_period_without_end() {
        let out = vwap(Anchor::Month, &[1e300, 2e300], &[1.0, 3.0], &[1.0, 1.0]);
        assert_rows!(out, [1.0, 2.0]);
    }
}
