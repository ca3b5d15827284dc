//! Whether two computations gave the same answers, and where they first did not.

use super::laws::Judged;
use crate::registry::KernelDef;
use crate::scalar::Scalar;
use crate::spec::Parity;

/// Answers, and how they were come by.
pub(super) struct Answers<'a, S>(pub(super) &'static str, pub(super) &'a [Vec<S>]);

/// Every row of the shorter of the two is the same, bit for bit.
pub(super) fn same<S: Scalar>(def: &KernelDef, left: &Answers<'_, S>, right: &Answers<'_, S>) -> Judged {
    agree(def, left, right, |_, a, b| a.same(b))
}

/// Every row of the shorter of the two agrees as closely as the kernel promises for its batch and step forms.
pub(super) fn within_parity<S: Scalar>(
    def: &KernelDef,
    left: &Answers<'_, S>,
    right: &Answers<'_, S>,
) -> Judged {
    let parity = def.spec.parity;
    let within = |output: usize, a: S, b: S| match parity {
        Parity::Exact => a.same(b),
        Parity::Ulps { ulps, .. } => a.same(b) || ulps_apart(a.to_f64(), b.to_f64()) <= u64::from(ulps),
        Parity::Relative { tolerance, .. } => close(a, b, tolerance, 0.001 * scale(&right.1[output])),
    };
    agree(def, left, right, within).map_err(|text| format!("{text} (parity {parity})"))
}

/// In how many rows two computations gave answers that agree; or else the first row, and in it the first output, in which they
/// do not.
pub(super) fn agree<S: Scalar>(
    def: &KernelDef,
    Answers(left, ours): &Answers<'_, S>,
    Answers(right, theirs): &Answers<'_, S>,
    alike: impl Fn(usize, S, S) -> bool,
) -> Judged {
    let rows = |columns: &[Vec<S>]| columns.first().map_or(0, Vec::len);
    let rows = rows(ours).min(rows(theirs));
    for row in 0..rows {
        for (output, (a, b)) in ours.iter().zip(*theirs).enumerate() {
            if !alike(output, a[row], b[row]) {
                let place = place(def, output, row);
                return Err(format!("{place}: {left} {}, {right} {}", Shown(a[row]), Shown(b[row])));
            }
        }
    }
    Ok(answered(ours, rows))
}

/// In how many of the first `rows` there is a value in any output.
pub(super) fn answered<S: Scalar>(columns: &[Vec<S>], rows: usize) -> usize {
    (0..rows).filter(|&row| columns.iter().any(|column| !column[row].is_missing())).count()
}

/// Whether two values are both missing, or within `tolerance` of the larger of them and of `floor`.
pub(super) fn close<S: Scalar>(a: S, b: S, tolerance: f64, floor: f64) -> bool {
    let (a, b) = (a.to_f64(), b.to_f64());
    a.is_nan() && b.is_nan() || (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(floor)
}

/// The largest magnitude among the values that are there.
pub(super) fn scale<S: Scalar>(values: &[S]) -> f64 {
    values.iter().map(|value| value.to_f64().abs()).fold(0.0, f64::max)
}

/// How many doubles lie between two numbers; no number is any distance from NaN.
fn ulps_apart(a: f64, b: f64) -> u64 {
    if a.is_nan() || b.is_nan() {
        return u64::MAX;
    }
    // In this order of the integers negative numbers come before positive ones.
    let ordered = |x: f64| {
        let bits = x.to_bits().cast_signed();
        if bits < 0 { i64::MIN - bits } else { bits }
    };
    ordered(a).abs_diff(ordered(b))
}

/// The name of an output and a row in it.
pub(super) fn place(def: &KernelDef, output: usize, row: usize) -> String {
    format!("output `{}`, row {row}", def.spec.outputs[output].name)
}

/// A value in words of this crate: NaN is the missing value.
pub(super) struct Shown<S>(pub(super) S);

impl<S: Scalar> std::fmt::Display for Shown<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_missing() { f.write_str("missing") } else { write!(f, "{}", self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_ulp_apart_across_zero_too() {
        let next = f64::from_bits(1.0f64.to_bits() + 1);
        assert_eq!(ulps_apart(1.0, next), 1);
        assert_eq!(ulps_apart(-1.0, -next), 1);
        assert_eq!(ulps_apart(0.0, -0.0), 0);
        assert_eq!(ulps_apart(f64::from_bits(1), -f64::from_bits(1)), 2);
        assert_eq!(ulps_apart(f64::NAN, 1.0), u64::MAX);
    }

    #[test]
    fn closeness_is_relative_to_the_larger_with_a_floor() {
        assert!(close(100.0, 100.1, 1e-3, 0.0));
        assert!(!close(0.0, 0.01, 1e-3, 1.0));
        assert!(close(0.0, 0.01, 1e-3, 10.0));
        assert!(close(f64::NAN, f64::NAN, 0.0, 0.0) && !close(f64::NAN, 1.0, 1.0, 1.0));
    }
}
