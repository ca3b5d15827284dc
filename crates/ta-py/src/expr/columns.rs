//! Where expressions begin: the fields of the rows at hand, and paths to other rows.

use pyo3::prelude::*;
use pyo3::types::PyString;
use ta_runtime::expr::Fragment;

use super::{Expr, asked_by_tools, unwritable};
use crate::errors::{Class, Refusal, kind_of};

/// The class of `ta.col`, whose attributes are the fields of the rows and the words that paths to other rows begin with.
///
/// `ta.col.close`, `ta.col.BTC.close`, `ta.col["1h"].close`, `ta.col["BTC-USD"].close`, `ta.col.trades.price`.
#[pyclass(frozen, name = "Columns", module = "ta_py")]
pub(crate) struct Columns;

#[pymethods]
#[allow(clippy::unused_self, reason = "called on an instance")]
impl Columns {
    fn __getattr__(&self, name: &str) -> PyResult<Expr> {
        asked_by_tools(name)?;
        first(name)
    }

    fn __getitem__(&self, key: &Bound<'_, PyAny>) -> PyResult<Expr> {
        let Ok(word) = key.cast::<PyString>() else {
            let message =
                format!("a column is named by an object of type `{}` (accepted: a word)", kind_of(key));
            return Err(Refusal::new(Class::Argument, message).with("given", kind_of(key)).into());
        };
        first(word.to_str()?)
    }

    fn __iter__(&self) -> PyResult<Py<PyAny>> {
        let message = "columns are not known before there are data (accepted: `col.close`, `col[\"close\"]`)";
        Err(Refusal::new(Class::Argument, message).into())
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        Ok(format!("{}.col", slf.get_type().module()?))
    }

    // By its name in the module.
    fn __reduce__(&self) -> &'static str {
        "col"
    }
}

fn first(word: &str) -> PyResult<Expr> {
    Expr::of(Fragment::word(word).ok_or_else(|| unwritable(word))?)
}
