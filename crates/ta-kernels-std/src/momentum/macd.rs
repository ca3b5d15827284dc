//! Moving average convergence/divergence (`macd`).

use ta_kernel_api::prelude::*;
use ta_kernel_api::smooth::{Pairs, Smoother, Smoothing};

/// Moving average convergence/divergence: the distance between a fast and a slow exponential average, and its own average.
///
/// Both averages start at the same bar, each from the mean of its own period, and all outputs start with the signal line. The histogram
/// and the `macd` line are computed from the deviations of the averages, without cancellation: both are exactly zero on flat input.
/// Which of the two periods is given as the slow one does not matter. Constant time and memory per bar.
///
/// # Reference
/// Gerald Appel, "Technical Analysis: Power Tools for Active Investors" (2005); TA-Lib `MACD`.
#[kernel(
    id = "macd",
    family = "momentum",
    since = "0.1",
    inputs(source = close),
    outputs(
        /// The fast average minus the slow one.
        macd,
        /// The exponential average of `macd`.
        signal,
        /// `macd` minus `signal`.
        #[histogram]
        histogram
    ),
    plot(pane, levels(0))
)]
pub struct Macd {
    /// Bars in the fast average.
    #[param(default = 12, min = 1, max = 100_000)]
    pub fast: usize,
    /// Bars in the slow average.
    #[param(default = 26, min = 1, max = 100_000)]
    pub slow: usize,
    /// Bars in the average of the `macd` line.
    #[param(default = 9, min = 1, max = 100_000)]
    pub signal: usize,
}

/// What a [`Macd`] remembers between two bars.
#[state]
pub struct MacdState<S: Scalar> {
    /// Bars to come before the fast average starts.
    wait: usize,
    fast: Smoothing<S>,
    slow: Smoothing<S>,
    signal: Smoothing<S>,
}

/// The three averages.
struct Rules<S: Scalar> {
    fast: Smoother<S>,
    slow: Smoother<S>,
    signal: Smoother<S>,
}

impl Macd {
    #[inline]
    fn rules<S: Scalar>(&self) -> Rules<S> {
        Rules {
            fast: Smoother::ema(self.fast.min(self.slow)),
            slow: Smoother::ema(self.fast.max(self.slow)),
            signal: Smoother::ema(self.signal),
        }
    }
}

impl<S: Scalar> Kernel<S, 1, 3> for Macd {
    type State = MacdState<S>;

    fn lookback(&self) -> [usize; 3] {
        [self.fast.max(self.slow) + self.signal - 2; 3]
    }

    fn stabilisation(&self) -> usize {
        let rules = self.rules::<S>();
        rules.slow.stabilisation() + rules.signal.stabilisation()
    }

    fn init(&self) -> MacdState<S> {
        let Rules { fast, slow, signal } = self.rules();
        MacdState {
            wait: slow.seed() - fast.seed(),
            fast: fast.init(),
            slow: slow.init(),
            signal: signal.init(),
        }
    }

    #[expect(
        clippy::inline_always,
        reason = "returned through memory, several outputs cost more than the arithmetic"
    )]
    #[inline(always)]
    fn step(&self, state: &mut MacdState<S>, [x]: [S; 1]) -> [S; 3] {
        let slow = state.slow.push(x);
        if state.wait > 0 {
            state.wait -= 1;
            return [S::MISSING; 3];
        }
        let (Some(fast), Some(slow)) = (state.fast.push(x), slow) else {
            return [S::MISSING; 3];
        };
        let macd = slow - fast;
        let Some(histogram) = state.signal.push(macd) else {
            return [S::MISSING; 3];
        };
        [macd, macd - histogram, histogram]
    }

    fn batch(&self, [source]: [&[S]; 1], [macd, signal, histogram]: [&mut [S]; 3]) {
        let rules = self.rules();
        let first = &source[..rules.slow.seed()];
        let (fast, slow) =
            (rules.fast.start(&first[first.len() - rules.fast.seed()..]), rules.slow.start(first));
        let (Some((fast, fast_start)), Some((slow, slow_start))) = (fast, slow) else { return };
        let start = first.len() - 1;
        macd[start] = slow_start - fast_start;

        // Up to the first mean of the signal line, in whole pairs.
        let (rows, signal_start) = (source.len(), start + self.signal - 1);
        let (mut line, mut next) = (rows.min(signal_start + 1 + (self.signal - 1) % 2), signal_start + 1);
        let mut averages = subtract([fast, slow], &source[start + 1..line], &mut macd[start + 1..line]);
        let Some((mut average, deviation)) = rules.signal.start(&macd[start..next]) else { return };
        signal[signal_start] = macd[signal_start] - deviation;
        histogram[signal_start] = deviation;

        // A few rows of the one line, then of the other, so that the processor can overlap their chains of operations.
        while next < rows {
            let line_end = rows.min(line + BLOCK);
            averages = subtract(averages, &source[line..line_end], &mut macd[line..line_end]);
            let block = next..rows.min(next + BLOCK);
            next = block.end;
            average =
                smooth(average, &macd[block.clone()], &mut signal[block.clone()], &mut histogram[block]);
            line = line_end;
        }
        macd[..signal_start].fill(S::MISSING);
    }
}

/// Rows per turn; an even number.
const BLOCK: usize = 16;

/// The `macd` line.
#[inline]
fn subtract<S: Scalar>([mut fast, mut slow]: [Pairs<S>; 2], source: &[S], macd: &mut [S]) -> [Pairs<S>; 2] {
    let ((xs, last), (macd, last_macd)) = (source.as_chunks(), macd.as_chunks_mut());
    for (&x, macd) in xs.iter().zip(macd) {
        let (fast, slow) = (fast.pair(x), slow.pair(x));
        *macd = [slow[0] - fast[0], slow[1] - fast[1]];
    }
    if let ([x], [macd]) = (last, last_macd) {
        *macd = slow.last(*x) - fast.last(*x);
    }
    [fast, slow]
}

/// The signal line, and what is left.
#[inline]
fn smooth<S: Scalar>(mut average: Pairs<S>, macd: &[S], signal: &mut [S], histogram: &mut [S]) -> Pairs<S> {
    let (xs, last) = macd.as_chunks();
    let (signals, last_signal) = signal.as_chunks_mut();
    let (histograms, last_histogram) = histogram.as_chunks_mut();
    for ((&x, signal), histogram) in xs.iter().zip(signals).zip(histograms) {
        *histogram = average.pair(x);
        *signal = [x[0] - histogram[0], x[1] - histogram[1]];
    }
    if let ([x], [signal], [histogram]) = (last, last_signal, last_histogram) {
        *histogram = average.last(*x);
        *signal = *x - *histogram;
    }
    average
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn both_averages_start_at_the_slow_ones_start() {
        // fast (alpha 1): 4, 6, 3, 5; slow (alpha 1/2): mean(1, 1, 4) = 2, 4, 3.5, 4.25; macd: 2, 2, -0.5, 0.75
        // signal (alpha 2/3): mean(2, 2) = 2, 2 + 2/3 * -2.5 = 1/3, 1/3 + 2/3 * (3/4 - 1/3) = 11/18
        let [macd, signal, histogram] =
            run(&Macd { fast: 1, slow: 3, signal: 2 }, [&[1.0, 1.0, 4.0, 6.0, 3.0, 5.0]]);
        assert_rows!(macd, [_, _, _, 2.0, -0.5, 0.75]);
        assert_rows!(signal, [_, _, _, 2.0, 1.0 / 3.0, 11.0 / 18.0]);
        assert_rows!(histogram, [_, _, _, 0.0, -5.0 / 6.0, 5.0 / 36.0]);
    }

    #[test]
    fn the_order_of_the_periods_does_not_matter() {
        let xs: Vec<f64> = (0..50).map(|row| f64::from(row * row % 17)).collect();
        let macd =
            |fast, slow| run(&Macd { fast, slow, signal: 4 }, [&xs]).map(|column| column[20..].to_vec());
        assert_eq!(macd(5, 9), macd(9, 5));
    }

    #[test]
    fn flat_input_is_exactly_zero() {
        let out = run(&Macd::default(), [&[0.1; 60]]);
        assert!(out.iter().all(|column| column[33..].iter().all(|&x| x == 0.0)));
    }
}
