//! When an answer agrees with a reference.

/// Every value within `rtol` of the reference, or of a thousandth of the largest one; missing where that is missing.
pub(crate) fn agree(reference: &[f64], ours: &[f64], rtol: f64) -> Result<(), String> {
    agree_from(0.0, reference, ours, rtol)
}

/// The same, where differences are also compared with a size that the reference does not resolve to more digits.
pub(crate) fn agree_from(size: f64, reference: &[f64], ours: &[f64], rtol: f64) -> Result<(), String> {
    let present = reference.iter().filter(|value| !value.is_nan());
    let floor = size.max(0.001 * present.fold(0.0, |most: f64, value| most.max(value.abs())));
    let agrees = |(&theirs, &ours): (&f64, &f64)| {
        (theirs.is_nan() && ours.is_nan()) || (theirs - ours).abs() <= rtol * floor.max(theirs.abs())
    };
    match reference.iter().zip(ours).position(|pair| !agrees(pair)) {
        Some(row) => Err(format!("row {row}: {} there, {} here", reference[row], ours[row])),
        None => Ok(()),
    }
}

#[test]
fn a_difference_is_seen() {
    assert!(agree(&[f64::NAN, 1.0, 0.0], &[f64::NAN, 1.0 + 1e-10, 1e-13], 1e-9).is_ok());
    for ours in
        [[f64::NAN, 1.0 + 1e-8, 0.0], [f64::NAN, 1.0, 1e-11], [0.0, 1.0, 0.0], [f64::NAN, f64::NAN, 0.0]]
    {
        assert!(agree(&[f64::NAN, 1.0, 0.0], &ours, 1e-9).is_err(), "{ours:?}");
    }
}
