//! Expressions built by operators and calls of Python: the classes `Expr` and `Columns`.
//!
//! An expression is its text and nothing else. What is built here is what a text says, and goes where a text goes.

mod columns;
mod operand;

use std::hash::{DefaultHasher, Hash, Hasher};

use pyo3::basic::CompareOp;
use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyInt, PyString, PyTuple, PyType};
use ta_runtime::expr::{BinaryOp, Fragment, Limits, UnaryOp};

use crate::errors::{Class, Refusal, guarded, kind_of};
use crate::plan::of_expression;

pub(crate) use columns::Columns;
pub(crate) use operand::{argument, operand};

/// An expression, as a value of Python: `(ta.col.close > ta.sma(20)) & (ta.rsi(14) < 70)`.
///
/// It is taken wherever a text is, and `str` answers its text. Fields and rows come from `ta.col`, kernels are the functions of the module,
/// called without data.
///
/// `+ - * / % **`, unary `-` and comparisons are those of the language, `&`, `|` and `~` are `and`, `or` and `not`. `x[5]` is `x` five rows
/// earlier, `x.name` and `x["name"]` are an output, a shift such as `x["24h_ago"]`, or the next word of a path; `path[x]` is `x` read where
/// the path leads. A call follows what can be called: `ta.col.trades.sum(ta.col.amount, "1h")`.
///
/// `Expr(text)` reads a text. Nothing is looked up before the expression is compiled.
#[pyclass(frozen, name = "Expr", module = "ta_py")]
pub(crate) struct Expr {
    pub(crate) fragment: Fragment,
}

impl Expr {
    /// Refuses a text that no plan would take, before it grows further.
    pub(crate) fn of(fragment: Fragment) -> PyResult<Self> {
        let most = Limits::default().text;
        if fragment.as_str().len() > most {
            let message = format!(
                "expression is longer than {most} bytes (name parts of it: `let part = ...` in a text of their own)"
            );
            return Err(Refusal::new(Class::Expression, message).with("kind", "limit").into());
        }
        Ok(Self { fragment })
    }

    fn unary(&self, op: UnaryOp) -> PyResult<Self> {
        Self::of(Fragment::unary(op, &self.fragment))
    }

    fn binary(&self, op: BinaryOp, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        Self::of(Fragment::binary(op, &self.fragment, &operand(other, op.symbol())?))
    }

    fn reflected(&self, op: BinaryOp, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        Self::of(Fragment::binary(op, &operand(other, op.symbol())?, &self.fragment))
    }

    fn member(&self, word: &str) -> PyResult<Self> {
        Self::of(self.fragment.member(word).ok_or_else(|| unwritable(word))?)
    }

    fn refused(&self, what: &str, accepted: &str) -> Refusal {
        Refusal::new(Class::Argument, format!("`{}` {what} (accepted: {accepted})", self.fragment))
    }
}

/// Why a text is no word of a path.
fn unwritable(word: &str) -> Refusal {
    let message = format!(
        "{word:?} cannot be written in an expression (it has both kinds of quotes, or control characters)"
    );
    Refusal::new(Class::Argument, message).with("given", word)
}

/// Refuses the names that Python, NumPy and notebooks ask any object for.
fn asked_by_tools(name: &str) -> PyResult<()> {
    if name.starts_with('_') { Err(PyAttributeError::new_err(name.to_owned())) } else { Ok(()) }
}

#[pymethods]
impl Expr {
    /// So that scalars and arrays of NumPy leave an operator to the expression.
    #[classattr]
    fn __array_ufunc__(py: Python<'_>) -> Py<PyAny> {
        py.None()
    }

    /// The same for series of pandas.
    #[classattr]
    fn __pandas_priority__() -> u32 {
        1_000_000
    }

    #[new]
    fn read(text: &str) -> PyResult<Self> {
        guarded(|| {
            let fragment = Fragment::read(text, &Limits::default());
            Ok(Self { fragment: fragment.map_err(|error| of_expression(&error))? })
        })
    }

    fn __getattr__(&self, name: &str) -> PyResult<Self> {
        asked_by_tools(name)?;
        self.member(name)
    }

    fn __getitem__(&self, key: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(word) = key.cast::<PyString>() {
            return self.member(word.to_str()?);
        }
        if let Ok(inner) = key.cast::<Self>() {
            let group = self.fragment.group(&inner.get().fragment);
            let refused =
                || self.refused("is no path that leads to an expression", "words, as in `col[\"1h\"]`");
            return Self::of(group.ok_or_else(refused)?);
        }
        if let (false, Ok(rows)) = (key.is_instance_of::<PyBool>(), key.extract::<u64>()) {
            return Self::of(self.fragment.row(rows));
        }
        let given = if key.is_instance_of::<PyInt>() { key.to_string() } else { kind_of(key) };
        let message = format!(
            "{given} in the brackets of an expression (accepted: how many rows earlier, from 0 up; a word; an expression after a path)"
        );
        Err(Refusal::new(Class::Argument, message).with("given", given).into())
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn __call__(&self, args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let mut arguments = Vec::new();
        for value in args {
            arguments.push((None, argument(&value)?));
        }
        let mut names = Vec::new();
        for (name, value) in kwargs.into_iter().flatten() {
            names.push((name.extract::<String>()?, argument(&value)?));
        }
        arguments.extend(names.iter().map(|(name, value)| (Some(name.as_str()), value.clone())));
        let call = self.fragment.call(&arguments);
        Self::of(call.ok_or_else(|| self.refused("cannot be called", "words, as in `col.trades.count(20)`"))?)
    }

    fn __add__(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        self.binary(BinaryOp::Add, other)
    }
    fn __radd__(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        self.reflected(BinaryOp::Add, other)
    }
    fn __sub__(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        self.binary(BinaryOp::Sub, other)
    }
    fn __rsub__(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        self.reflected(BinaryOp::Sub, other)
    }
    fn __mul__(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        self.binary(BinaryOp::Mul, other)
    }
    fn __rmul__(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        self.reflected(BinaryOp::Mul, other)
    }
    fn __truediv__(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        self.binary(BinaryOp::Div, other)
    }
    fn __rtruediv__(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        self.reflected(BinaryOp::Div, other)
    }
    fn __mod__(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        self.binary(BinaryOp::Rem, other)
    }
    fn __rmod__(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        self.reflected(BinaryOp::Rem, other)
    }
    fn __pow__(&self, other: &Bound<'_, PyAny>, modulo: &Bound<'_, PyAny>) -> PyResult<Self> {
        no_modulo(modulo)?;
        self.binary(BinaryOp::Pow, other)
    }
    fn __rpow__(&self, other: &Bound<'_, PyAny>, modulo: &Bound<'_, PyAny>) -> PyResult<Self> {
        no_modulo(modulo)?;
        self.reflected(BinaryOp::Pow, other)
    }
    fn __and__(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        self.binary(BinaryOp::And, other)
    }
    fn __rand__(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        self.reflected(BinaryOp::And, other)
    }
    fn __or__(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        self.binary(BinaryOp::Or, other)
    }
    fn __ror__(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        self.reflected(BinaryOp::Or, other)
    }
    fn __neg__(&self) -> PyResult<Self> {
        self.unary(UnaryOp::Neg)
    }
    fn __invert__(&self) -> PyResult<Self> {
        self.unary(UnaryOp::Not)
    }

    fn __richcmp__(&self, other: &Bound<'_, PyAny>, op: CompareOp) -> PyResult<Self> {
        let op = match op {
            CompareOp::Lt => BinaryOp::Lt,
            CompareOp::Le => BinaryOp::Le,
            CompareOp::Gt => BinaryOp::Gt,
            CompareOp::Ge => BinaryOp::Ge,
            CompareOp::Eq => BinaryOp::Eq,
            CompareOp::Ne => BinaryOp::Ne,
        };
        self.binary(op, other)
    }

    fn __bool__(&self) -> PyResult<bool> {
        let accepted = "`&`, `|` and `~` for `and`, `or` and `not`; `(a < b) & (b < c)` for `a < b < c`; `where(c, a, b)` for a choice";
        Err(self.refused("is neither true nor false before it is computed", accepted).into())
    }

    fn __iter__(&self) -> PyResult<Py<PyAny>> {
        Err(self.refused("has no rows before it is computed", "`eval(expr, data)`").into())
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.fragment.as_str().hash(&mut hasher);
        hasher.finish()
    }

    fn __str__(&self) -> &str {
        self.fragment.as_str()
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let text = PyString::new(slf.py(), slf.get().fragment.as_str()).repr()?;
        Ok(format!("{}.Expr({text})", slf.get_type().module()?))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> (Bound<'py, PyType>, (String,)) {
        (slf.get_type(), (slf.get().fragment.to_string(),))
    }
}

/// `a` where a condition is true, `b` where it is false, and missing where that is not known: `if(condition, a, b)`.
///
/// Parameters
/// ----------
/// condition : Expr or bool
/// a, b : Expr, number or bool
///
/// Returns
/// -------
/// Expr
#[pyfunction]
#[pyo3(signature = (condition, a, b, /), name = "where")]
pub(crate) fn choice(
    condition: &Bound<'_, PyAny>,
    a: &Bound<'_, PyAny>,
    b: &Bound<'_, PyAny>,
) -> PyResult<Expr> {
    let mut arguments = Vec::new();
    for value in [condition, a, b] {
        arguments.push((None, operand(value, "where")?));
    }
    let choice = Fragment::word("if").and_then(|word| word.call(&arguments));
    Expr::of(choice.ok_or_else(|| Refusal::new(Class::Internal, "`if` is no word"))?)
}

fn no_modulo(modulo: &Bound<'_, PyAny>) -> Result<(), Refusal> {
    if modulo.is_none() {
        return Ok(());
    }
    Err(Refusal::new(Class::Argument, "`pow` of an expression has a third argument (accepted: two)"))
}
