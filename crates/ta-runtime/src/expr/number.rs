//! Written numbers in one canonical form.

use ta_kernel_api::{Decimal, ParamValue, Scalar};

/// The shortest decimal text of a number written with digits, point, exponent and underscores: `1_000.50` is `1000.5` and
/// `1e-12` stays `1e-12`. `None` when the number is too large or too small for `f64`.
pub(crate) fn canonical(written: &str) -> Option<String> {
    let written = written.replace('_', "");
    let (mantissa, exponent) = written.split_once(['e', 'E']).unwrap_or((&written, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    let significant = digits.trim_start_matches('0');
    let leading = digits.len() - significant.len();
    let significant = significant.trim_end_matches('0');
    if significant.is_empty() {
        return Some("0".to_owned());
    }
    let value: f64 = written.parse().ok()?;
    if !value.is_finite() || value == 0.0 {
        return None;
    }
    // The value is 0.SIGNIFICANT times ten to the power of `point`.
    let point = exponent.parse::<isize>().ok()? + whole.len().cast_signed() - leading.cast_signed();
    let count = significant.len().cast_signed();
    Some(match point {
        -5..=0 => format!("0.{}{significant}", "0".repeat(-point as usize)),
        1..=21 if point >= count => format!("{significant}{}", "0".repeat((point - count) as usize)),
        1..=21 => format!("{}.{}", &significant[..point as usize], &significant[point as usize..]),
        _ if count == 1 => format!("{significant}e{}", point - 1),
        _ => format!("{}.{}e{}", &significant[..1], &significant[1..], point - 1),
    })
}

/// The negative of a canonical number.
pub(crate) fn negated(canonical: &str) -> String {
    canonical.strip_prefix('-').map_or_else(|| format!("-{canonical}"), str::to_owned)
}

/// A canonical number as the value of a parameter: whole where it has no fraction.
pub(crate) fn param_value(canonical: &str) -> Option<ParamValue> {
    canonical.parse().map(ParamValue::Int).ok().or_else(|| f64::parse(canonical).map(ParamValue::Real))
}

/// What arithmetic on constants gives, as a canonical number.
pub(crate) fn of_decimal(value: Decimal) -> Option<String> {
    (!value.is_missing()).then(|| value.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};

    use super::*;

    #[test]
    fn one_number_has_one_text() {
        for (written, expected) in [
            ("0", "0"),
            ("000", "0"),
            ("0.000e-999999999999", "0"),
            ("20", "20"),
            ("0020.500", "20.5"),
            ("1_000_000", "1000000"),
            ("1e6", "1000000"),
            ("1.5e-3", "0.0015"),
            ("12.5E+1", "125"),
            ("1e21", "1e21"),
            ("123e20", "1.23e22"),
            ("0.0000012", "0.0000012"),
            ("0.00000012", "1.2e-7"),
        ] {
            assert_eq!(canonical(written).as_deref(), Some(expected), "{written}");
        }
        for beyond in ["1e999", "1e-999", "1e99999999999999999999", "1e-99999999999999999999"] {
            assert_eq!(canonical(beyond), None, "{beyond}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn canonical_text_is_the_same_number_and_its_own_canonical_text(written in "[0-9]{1,6}(\\.[0-9]{1,9})?(e[+-]?[0-9]{1,2})?") {
            let text = canonical(&written).unwrap();
            prop_assert_eq!(text.parse::<f64>().unwrap(), written.parse::<f64>().unwrap());
            prop_assert_eq!(canonical(&text), Some(text));
        }
    }
}
