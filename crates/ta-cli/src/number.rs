//! Numbers as text.

use ta_kernel_api::{Scalar, ScalarKind};
use ta_runtime::expr::ValueKind;

/// The shortest text that reads back to the same number; `true` or `false` for a boolean; `None` when missing.
pub(crate) fn text<S: Scalar>(value: S, kind: ValueKind) -> Option<String> {
    match kind {
        ValueKind::Bool => value.truth().map(|truth| truth.to_string()),
        ValueKind::Number if value.is_missing() => None,
        ValueKind::Number => Some(shortest(value)),
    }
}

fn shortest<S: Scalar>(value: S) -> String {
    let plain = value.to_string();
    // An exact decimal has no exponent form.
    if S::KIND == ScalarKind::Decimal {
        return plain;
    }
    let exponent = format!("{:e}", value.to_f64());
    if exponent.len() < plain.len() { exponent } else { plain }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::Decimal;

    use super::*;

    #[test]
    fn numbers_are_as_short_as_they_can_be() {
        let number = |value: f64| text(value, ValueKind::Number);
        assert_eq!(number(127.0).as_deref(), Some("127"));
        assert_eq!(number(0.1 + 0.2).as_deref(), Some("0.30000000000000004"));
        assert_eq!(number(1e-7).as_deref(), Some("1e-7"));
        assert_eq!(number(1e22).as_deref(), Some("1e22"));
        assert_eq!(number(f64::MISSING), None);
        assert_eq!(text(1.0, ValueKind::Bool).as_deref(), Some("true"));
        assert_eq!(text("1.50".parse::<Decimal>().unwrap(), ValueKind::Number).as_deref(), Some("1.5"));
    }
}
