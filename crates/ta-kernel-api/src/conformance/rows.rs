//! Small examples worked by hand: whole columns in, whole columns out, compared row by row.

use crate::kernel::Kernel;
use crate::scalar::Scalar;

/// The outputs of a kernel over whole columns, by its batch form.
///
/// ```ignore
/// let [ema] = run(&Ema { period: 3 }, [&[1.0, 2.0, 6.0, 5.0]]);
/// assert_rows!(ema, [_, _, 3.0, 4.0]);
/// ```
pub fn run<K, const I: usize, const O: usize>(kernel: &K, inputs: [&[f64]; I]) -> [Vec<f64>; O]
where
    K: Kernel<f64, I, O>,
{
    let rows = inputs.first().map_or(0, |column| column.len());
    let mut outputs = std::array::from_fn(|_| vec![f64::MISSING; rows]);
    if kernel.lookback().into_iter().any(|lookback| lookback < rows) {
        kernel.batch(inputs, outputs.each_mut().map(Vec::as_mut_slice));
    }
    outputs.map(|column| column.into_iter().map(Scalar::finite).collect())
}

/// Compares a column with what it should be, `_` where the value is missing; numbers to twelve digits.
#[macro_export]
macro_rules! assert_rows {
    ($column:expr, [$($rows:tt)*] $(,)?) => {
        $crate::conformance::assert_rows(&$column, &$crate::__rows!([] $($rows)*))
    };
}

/// `_, 1.0` becomes `[None, Some(1.0)]`.
#[doc(hidden)]
#[macro_export]
macro_rules! __rows {
    ([$($row:expr,)*]) => {
        [$($row),*] as [::core::option::Option<f64>; _]
    };
    ([$($row:expr,)*] _ $(, $($rest:tt)*)?) => {
        $crate::__rows!([$($row,)* ::core::option::Option::None,] $($($rest)*)?)
    };
    ([$($row:expr,)*] $value:expr $(, $($rest:tt)*)?) => {
        $crate::__rows!([$($row,)* ::core::option::Option::Some($value),] $($($rest)*)?)
    };
}

/// What [`assert_rows!`](crate::assert_rows) expands to.
#[doc(hidden)]
#[track_caller]
pub fn assert_rows(column: &[f64], expected: &[Option<f64>]) {
    let same = |(&got, expected): (&f64, &Option<f64>)| match expected {
        None => got.is_nan(),
        Some(expected) => (got - expected).abs() <= 1e-12 * expected.abs().max(1.0),
    };
    let differs = (column.len() != expected.len())
        .then_some(column.len().min(expected.len()))
        .or_else(|| column.iter().zip(expected).position(|row| !same(row)));
    if let Some(row) = differs {
        let expected: Vec<f64> = expected.iter().map(|value| value.unwrap_or(f64::NAN)).collect();
        panic!("differs at row {row}:\n     got {column:?}\nexpected {expected:?}");
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_row_missing_where_it_should_not_be_is_seen() {
        assert_rows!([f64::NAN, -2.0, 1.0 / 3.0], [_, -2.0, 1.0 / 3.0]);
        let caught = |column: &[f64]| std::panic::catch_unwind(|| assert_rows!(*column, [_, 2.0])).is_err();
        assert!(caught(&[1.0, 2.0]) && caught(&[f64::NAN, f64::NAN]) && caught(&[f64::NAN]));
        assert!(!caught(&[f64::NAN, 2.0]));
    }
}
