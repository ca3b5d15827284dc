//! Every standard kernel agrees with the same function of the `ta-lib` crate, on any bars and at any parameters.
//!
//! Prices move in ticks, so that equal closes, flat stretches and empty ranges come up. What deviates on purpose (`docs/deviations.md`) needs zero
//! prices or nothing traded at all, which these bars do not have.

mod agree;

use agree::{agree, agree_from};
use proptest::prelude::*;
use ta_kernel_api::{ParamValue, Registry};
use ta_kernels_std as _;
use ta_lib::{Core, MAType, OutRange, RetCode};

#[derive(Debug)]
struct Bars {
    high: Vec<f64>,
    low: Vec<f64>,
    close: Vec<f64>,
    volume: Vec<f64>,
}

fn bars() -> impl Strategy<Value = Bars> {
    let moved = prop_oneof![2 => -200i32..=200, 1 => Just(0)];
    let bar = (moved, 0i32..100, 0i32..100, 0u32..10_000);
    prop::collection::vec(bar, 1..300).prop_map(|bars| {
        let mut close = 100_000;
        let mut out = Bars { high: vec![], low: vec![], close: vec![], volume: vec![] };
        for (moved, above, below, volume) in bars {
            close += moved;
            // A bar that did not move has no range.
            let (above, below) = if moved == 0 { (0, 0) } else { (above, below) };
            for (column, ticks) in
                [(&mut out.high, close + above), (&mut out.low, close - below), (&mut out.close, close)]
            {
                column.push(f64::from(ticks) / 100.0);
            }
            out.volume.push(f64::from(volume + 1));
        }
        out
    })
}

fn average() -> impl Strategy<Value = (&'static str, MAType)> {
    prop::sample::select(vec![
        ("sma", MAType::SMA),
        ("ema", MAType::EMA),
        ("wma", MAType::WMA),
        ("rma", MAType::RMA),
    ])
}

/// What the kernel answers.
fn ours(kernel: &str, params: &[(&str, ParamValue)], inputs: &[&[f64]]) -> Vec<Vec<f64>> {
    let def = Registry::linked().unwrap().get(kernel).unwrap();
    let node = def.bind::<f64>(&def.params(params.iter().cloned()).unwrap()).unwrap();
    let mut out = vec![vec![0.0; inputs[0].len()]; def.spec.outputs.len()];
    node.batch(inputs, &mut out.iter_mut().map(Vec::as_mut_slice).collect::<Vec<_>>());
    out
}

/// What the function answers, each value at its row.
fn theirs<T: Copy + Default + Into<f64>, const O: usize>(
    rows: usize,
    call: impl FnOnce(&Core, usize, &mut [Vec<T>; O]) -> Result<OutRange, RetCode>,
) -> [Vec<f64>; O] {
    let mut out = std::array::from_fn(|_| vec![T::default(); rows]);
    let OutRange { beg_idx, count } = call(&Core::new(), rows - 1, &mut out).unwrap();
    out.map(|column| {
        let mut aligned = vec![f64::NAN; rows];
        for (row, &value) in (beg_idx..).zip(&column[..count]) {
            aligned[row] = value.into();
        }
        aligned
    })
}

/// Compares a kernel with a function: `id, [inputs], { parameters } => |core, last row, outputs| call`.
macro_rules! same {
    ($kernel:literal, [$($input:expr),*], { $($name:ident: $value:expr),* }, $rtol:expr, |$core:ident, $end:ident, [$($out:ident),*]| $call:expr) => {{
        let inputs: &[&[f64]] = &[$(&$input),*];
        let params = [$((stringify!($name), ParamValue::from($value))),*];
        let reference = theirs(inputs[0].len(), |$core, $end, [$($out),*]| $call);
        for (reference, ours) in reference.iter().zip(ours($kernel, &params, inputs)) {
            let agrees = agree(reference, &ours, $rtol);
            prop_assert!(agrees.is_ok(), "{}", agrees.unwrap_err());
        }
    }};
}

proptest! {
    #[test]
    fn averages(bars in bars(), n in 1..60) {
        let (x, p) = (&bars.close, i64::from(n));
        same!("sma", [x], { period: p }, 1e-9, |core, end, [out]| core.sma(0, end, x, n, out));
        same!("ema", [x], { period: p }, 1e-9, |core, end, [out]| core.ema(0, end, x, n, out));
        same!("wma", [x], { period: p }, 1e-9, |core, end, [out]| core.wma(0, end, x, n, out));
        same!("rma", [x], { period: p }, 1e-9, |core, end, [out]| core.rma(0, end, x, n, out));
    }

    #[test]
    fn sums_and_extremes(bars in bars(), n in 2..60) {
        let (x, p) = (&bars.close, i64::from(n));
        same!("sum", [x], { period: p }, 1e-9, |core, end, [out]| core.sum(0, end, x, n, out));
        same!("min", [x], { period: p }, 0.0, |core, end, [out]| core.min(0, end, x, n, out));
        same!("max", [x], { period: p }, 0.0, |core, end, [out]| core.max(0, end, x, n, out));
        same!("median", [x], { period: p }, 1e-9, |core, end, [out]| core.median(0, end, x, n, out));
        same!("cumulative_sum", [x], {}, 1e-9, |core, end, [out]| core.cumsum(0, end, x, out));
    }

    #[test]
    fn places_of_extremes(bars in bars(), n in 2..60) {
        // Rows counted from the first one there, back from the current one here.
        let rows = bars.close.len();
        let [min] = theirs(rows, |core, end, [out]: &mut [Vec<i32>; 1]| core.minindex(0, end, &bars.close, n, out));
        let [max] = theirs(rows, |core, end, [out]: &mut [Vec<i32>; 1]| core.maxindex(0, end, &bars.close, n, out));
        for (kernel, reference) in [("argmin", min), ("argmax", max)] {
            let ages = ours(kernel, &[("period", i64::from(n).into())], &[&bars.close]).remove(0);
            let places: Vec<f64> = (0..rows).zip(ages).map(|(row, age)| row as f64 - age).collect();
            prop_assert_eq!(agree(&reference, &places, 0.0), Ok(()));
        }
    }

    #[test]
    fn deviations(bars in bars(), n in 2..60) {
        let (x, p) = (&bars.close, i64::from(n));
        same!("std", [x], { period: p }, 1e-6, |core, end, [out]| core.stddev(0, end, x, n, 1.0, out));
        same!("variance", [x], { period: p }, 1e-6, |core, end, [out]| core.var(0, end, x, n, 1.0, out));
    }

    #[test]
    fn bands(bars in bars(), n in 2..60, up in 0.5..3.0, down in 0.5..3.0, (ma, kind) in average()) {
        let x = &bars.close;
        same!("bbands", [x], { period: i64::from(n), up: up, down: down, ma: ma }, 1e-6, |core, end, [upper, middle, lower]| {
            core.bbands(0, end, x, n, up, down, kind, upper, middle, lower)
        });
    }

    #[test]
    fn oscillators(bars in bars(), n in 2..40, fast in 2..30, slow in 2..30, signal in 1..20) {
        let (x, p) = (&bars.close, i64::from(n));
        same!("rsi", [x], { period: p }, 1e-9, |core, end, [out]| core.rsi(0, end, x, n, out));
        same!("roc", [x], { period: p }, 1e-9, |core, end, [out]| core.roc(0, end, x, n, out));
        same!("momentum", [x], { period: p }, 0.0, |core, end, [out]| core.mom(0, end, x, n, out));
        let (f, s, g) = (i64::from(fast), i64::from(slow), i64::from(signal));
        // The reference subtracts averages of prices, so it has no digits below the rounding of a price. After many equal closes the
        // line is as small as that: there it is compared with a tick.
        let reference = theirs(x.len(), |core, end, [macd, line, histogram]| {
            core.macd(0, end, x, fast, slow, signal, macd, line, histogram)
        });
        let macd = ours("macd", &[("fast", f.into()), ("slow", s.into()), ("signal", g.into())], &[x]);
        for (reference, ours) in reference.iter().zip(macd) {
            let tick = 0.01;
            prop_assert_eq!(agree_from(tick, reference, &ours, 1e-9), Ok(()));
        }
    }

    #[test]
    fn stochastics(bars in bars(), range in 1..30, k in 1..10, d in 1..10, (k_ma, k_kind) in average(), (d_ma, d_kind) in average()) {
        let Bars { high, low, close, .. } = &bars;
        let params = [i64::from(range), i64::from(k), i64::from(d)];
        same!(
            "stochastic",
            [high, low, close],
            { fast_k: params[0], slow_k: params[1], slow_d: params[2], k_ma: k_ma, d_ma: d_ma },
            1e-9,
            |core, end, [slow_k, slow_d]| core.stoch(0, end, high, low, close, range, k, k_kind, d, d_kind, slow_k, slow_d)
        );
    }

    #[test]
    fn ranges(bars in bars(), n in 1..40) {
        let Bars { high, low, close, .. } = &bars;
        same!("true_range", [high, low, close], {}, 0.0, |core, end, [out]| core.trange(0, end, high, low, close, out));
        same!("atr", [high, low, close], { period: i64::from(n) }, 1e-9, |core, end, [out]| {
            core.atr(0, end, high, low, close, n, out)
        });
    }

    #[test]
    fn volumes(bars in bars()) {
        let Bars { high, low, close, volume } = &bars;
        let ts: Vec<f64> = (0..close.len()).map(|row| row as f64).collect();
        same!("obv", [close, volume], {}, 1e-9, |core, end, [out]| core.obv(0, end, close, volume, out));
        let [reference] = theirs(ts.len(), |core, end, [out]: &mut [Vec<f64>; 1]| {
            core.vwap(0, end, high, low, close, volume, out)
        });
        let vwap = ours("vwap", &[], &[&ts, high, low, close, volume]).remove(0);
        prop_assert_eq!(agree(&reference, &vwap, 1e-9), Ok(()));
    }
}
