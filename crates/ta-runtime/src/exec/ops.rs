//! The operators on values, defined once for rows and columns.

use ta_kernel_api::Scalar;

use crate::expr::{BinaryOp, UnaryOp};

/// One value of a unary operator.
#[inline]
pub(crate) fn unary<S: Scalar>(op: UnaryOp, x: S) -> S {
    match op {
        UnaryOp::Neg => (-x).finite(),
        UnaryOp::Not => S::from_truth(x.truth().map(|truth| !truth)),
    }
}

/// One value of a binary operator. Arithmetic with a missing value, and a result that is not finite, is missing; so is a
/// comparison with a missing value. Logic is Kleene's.
#[inline]
pub(crate) fn binary<S: Scalar>(op: BinaryOp, a: S, b: S) -> S {
    let compare =
        |truth: bool| if a.is_missing() || b.is_missing() { S::MISSING } else { S::from_bool(truth) };
    match op {
        BinaryOp::Add => (a + b).finite(),
        BinaryOp::Sub => (a - b).finite(),
        BinaryOp::Mul => (a * b).finite(),
        BinaryOp::Div => a.checked_div(b).finite(),
        BinaryOp::Rem => (a % b).finite(),
        BinaryOp::Pow => power(a, b),
        BinaryOp::Lt => compare(a < b),
        BinaryOp::Le => compare(a <= b),
        BinaryOp::Gt => compare(a > b),
        BinaryOp::Ge => compare(a >= b),
        BinaryOp::Eq => compare(a == b),
        BinaryOp::Ne => compare(a != b),
        BinaryOp::And => S::from_truth(match (a.truth(), b.truth()) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        }),
        BinaryOp::Or => S::from_truth(match (a.truth(), b.truth()) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        }),
    }
}

/// The second value where the first is true, the third where it is false.
#[inline]
pub(crate) fn choose<S: Scalar>(condition: S, yes: S, no: S) -> S {
    match condition.truth() {
        Some(true) => yes,
        Some(false) => no,
        None => S::MISSING,
    }
}

/// Missing spreads here too, although `f64` says that anything to the power of zero is one.
fn power<S: Scalar>(base: S, exponent: S) -> S {
    if base.is_missing() || exponent.is_missing() { S::MISSING } else { base.powf(exponent).finite() }
}

/// A column, or one value for all rows.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Operand<'a, S> {
    Column(&'a [S]),
    Constant(S),
}

impl<S: Scalar> Operand<'_, S> {
    /// The value in a row.
    #[inline]
    pub(crate) fn get(self, row: usize) -> S {
        match self {
            Self::Column(values) => values[row],
            Self::Constant(value) => value,
        }
    }
}

/// Adds the values of a unary operator over a column, `rows` of them where the operand is constant.
pub(crate) fn unary_column<S: Scalar>(op: UnaryOp, x: Operand<'_, S>, rows: usize, out: &mut Vec<S>) {
    match (op, x) {
        (_, Operand::Constant(x)) => out.extend(std::iter::repeat_n(unary(op, x), rows)),
        (UnaryOp::Neg, Operand::Column(x)) => out.extend(x.iter().map(|&x| unary(UnaryOp::Neg, x))),
        (UnaryOp::Not, Operand::Column(x)) => out.extend(x.iter().map(|&x| unary(UnaryOp::Not, x))),
    }
}

/// Adds the values of a binary operator over columns, `rows` of them where both operands are constant.
pub(crate) fn binary_column<S: Scalar>(
    op: BinaryOp,
    a: Operand<'_, S>,
    b: Operand<'_, S>,
    rows: usize,
    out: &mut Vec<S>,
) {
    // One loop per operator, so that the choice is not made in every row.
    macro_rules! each {
        ($($op:ident)*) => {
            match op {
                $(BinaryOp::$op => zip(a, b, rows, out, |a, b| binary(BinaryOp::$op, a, b)),)*
            }
        };
    }
    each!(Add Sub Mul Div Rem Pow Lt Le Gt Ge Eq Ne And Or);
}

#[inline]
fn zip<S: Scalar>(
    a: Operand<'_, S>,
    b: Operand<'_, S>,
    rows: usize,
    out: &mut Vec<S>,
    op: impl Fn(S, S) -> S,
) {
    match (a, b) {
        (Operand::Column(a), Operand::Column(b)) => out.extend(a.iter().zip(b).map(|(&a, &b)| op(a, b))),
        (Operand::Column(a), Operand::Constant(b)) => out.extend(a.iter().map(|&a| op(a, b))),
        (Operand::Constant(a), Operand::Column(b)) => out.extend(b.iter().map(|&b| op(a, b))),
        (Operand::Constant(a), Operand::Constant(b)) => out.extend(std::iter::repeat_n(op(a, b), rows)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ta_kernel_api::Decimal;

    use super::*;

    const ALL: [BinaryOp; 14] = {
        use BinaryOp::*;
        [Add, Sub, Mul, Div, Rem, Pow, Lt, Le, Gt, Ge, Eq, Ne, And, Or]
    };

    fn kleene<S: Scalar>() {
        let (t, f, u) = (Some(true), Some(false), None);
        for (a, b, and, or) in [
            (t, t, t, t),
            (t, f, f, t),
            (t, u, u, t),
            (f, t, f, t),
            (f, f, f, f),
            (f, u, f, u),
            (u, t, u, t),
            (u, f, f, u),
            (u, u, u, u),
        ] {
            let (x, y) = (S::from_truth(a), S::from_truth(b));
            assert_eq!(binary(BinaryOp::And, x, y).truth(), and, "{a:?} and {b:?}");
            assert_eq!(binary(BinaryOp::Or, x, y).truth(), or, "{a:?} or {b:?}");
        }
        assert_eq!([t, f, u].map(|a| unary(UnaryOp::Not, S::from_truth(a)).truth()), [f, t, u]);
    }

    #[test]
    fn logic_is_kleenes() {
        kleene::<f64>();
        kleene::<Decimal>();
    }

    #[test]
    fn what_has_no_answer_is_missing() {
        let missing = |op, a, b| binary::<f64>(op, a, b).to_bits() == f64::MISSING.to_bits();
        assert!(missing(BinaryOp::Div, 1.0, 0.0));
        assert!(missing(BinaryOp::Div, 0.0, -0.0));
        assert!(missing(BinaryOp::Rem, 1.0, 0.0));
        assert!(missing(BinaryOp::Mul, 1e300, 1e300));
        assert!(missing(BinaryOp::Pow, -1.0, 0.5));
        assert!(missing(BinaryOp::Pow, f64::MISSING, 0.0));
        assert!(missing(BinaryOp::Pow, 1.0, f64::MISSING));
        assert!(missing(BinaryOp::Ne, f64::MISSING, 1.0));
        assert_eq!(unary(UnaryOp::Neg, f64::MISSING).to_bits(), f64::MISSING.to_bits());
        assert!(binary(BinaryOp::Pow, Decimal::ZERO, -Decimal::ONE).is_missing());
    }

    proptest! {
        #[test]
        fn columns_are_rows(
            values in proptest::collection::vec(
                (proptest::option::of(-3.0..3.0f64), proptest::option::of(-3i8..3).prop_map(|x| x.map(f64::from))),
                0..20,
            ),
            constant in -3i8..3,
        ) {
            let a: Vec<f64> = values.iter().map(|value| value.0.unwrap_or(f64::MISSING)).collect();
            let b: Vec<f64> = values.iter().map(|value| value.1.unwrap_or(f64::MISSING)).collect();
            let c = f64::from(constant);
            for op in ALL {
                let mut columns = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
                binary_column(op, Operand::Column(&a), Operand::Column(&b), a.len(), &mut columns[0]);
                binary_column(op, Operand::Column(&a), Operand::Constant(c), a.len(), &mut columns[1]);
                binary_column(op, Operand::Constant(c), Operand::Column(&b), a.len(), &mut columns[2]);
                binary_column(op, Operand::Constant(c), Operand::Constant(c), a.len(), &mut columns[3]);
                for row in 0..a.len() {
                    for (column, (x, y)) in columns.iter().zip([(a[row], b[row]), (a[row], c), (c, b[row]), (c, c)]) {
                        prop_assert!(column[row].same(binary(op, x, y)), "{op} {x} {y}");
                    }
                }
            }
            for op in [UnaryOp::Neg, UnaryOp::Not] {
                let mut column = Vec::new();
                unary_column(op, Operand::Column(&a), a.len(), &mut column);
                prop_assert!(column.iter().zip(&a).all(|(out, &x)| out.same(unary(op, x))));
            }
        }
    }
}
