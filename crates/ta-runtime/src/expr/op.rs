//! The operators of the language.

use std::fmt;

/// An operator with one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-x`.
    Neg,
    /// `not x`: unknown stays unknown.
    Not,
}

/// An operator with two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `a + b`.
    Add,
    /// `a - b`.
    Sub,
    /// `a * b`.
    Mul,
    /// `a / b`; missing when `b` is zero.
    Div,
    /// `a % b`, with the sign of `a`; missing when `b` is zero.
    Rem,
    /// `a ** b`.
    Pow,
    /// `a < b`.
    Lt,
    /// `a <= b`.
    Le,
    /// `a > b`.
    Gt,
    /// `a >= b`.
    Ge,
    /// `a == b`, for two numbers or two bools.
    Eq,
    /// `a != b`, for two numbers or two bools.
    Ne,
    /// `a and b`: false when either is false, unknown when that is open.
    And,
    /// `a or b`: true when either is true, unknown when that is open.
    Or,
}

/// A statistic of the rows of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AggregateFn {
    /// How many rows, or how many values that are present.
    Count,
    /// The sum of the values; nought for none.
    Sum,
    /// Their mean.
    Avg,
    /// The largest of them.
    Max,
    /// The smallest of them.
    Min,
}

impl AggregateFn {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Count, Self::Sum, Self::Avg, Self::Max, Self::Min];

    /// The name used in text.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Avg => "avg",
            Self::Max => "max",
            Self::Min => "min",
        }
    }

    /// The one of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.name() == name)
    }
}

impl UnaryOp {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Neg, Self::Not];

    /// The operator as it is written.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Neg => "-",
            Self::Not => "not",
        }
    }

    /// How tightly the operator binds its operand.
    pub(crate) const fn power(self) -> u8 {
        match self {
            Self::Not => 3,
            Self::Neg => 7,
        }
    }
}

impl BinaryOp {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Add,
        Self::Sub,
        Self::Mul,
        Self::Div,
        Self::Rem,
        Self::Pow,
        Self::Lt,
        Self::Le,
        Self::Gt,
        Self::Ge,
        Self::Eq,
        Self::Ne,
        Self::And,
        Self::Or,
    ];

    /// The operator as it is written.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Rem => "%",
            Self::Pow => "**",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::And => "and",
            Self::Or => "or",
        }
    }

    /// How tightly the operator binds; more is tighter. `**` binds tighter than a minus before it.
    pub(crate) const fn power(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Lt | Self::Le | Self::Gt | Self::Ge | Self::Eq | Self::Ne => 4,
            Self::Add | Self::Sub => 5,
            Self::Mul | Self::Div | Self::Rem => 6,
            Self::Pow => 8,
        }
    }

    /// How tightly another operator must bind to stand on the left side without brackets.
    pub(crate) const fn left_power(self) -> u8 {
        match self {
            Self::Pow => self.power() + 1,
            _ if self.is_comparison() => self.power() + 1,
            _ => self.power(),
        }
    }

    /// How tightly another operator must bind to belong to the right side: `a - b - c` is `(a - b) - c`, powers go from the
    /// right.
    pub(crate) const fn right_power(self) -> u8 {
        match self {
            Self::Pow => self.power() - 1,
            _ => self.power() + 1,
        }
    }

    /// Whether this compares: two values in, a bool out.
    pub const fn is_comparison(self) -> bool {
        matches!(self, Self::Lt | Self::Le | Self::Gt | Self::Ge | Self::Eq | Self::Ne)
    }

    /// Whether this is `and` or `or`.
    pub const fn is_logic(self) -> bool {
        matches!(self, Self::And | Self::Or)
    }
}

impl fmt::Display for AggregateFn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for UnaryOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}

impl fmt::Display for BinaryOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}
