//! What is known without data: of expressions, of kernels, of the language.

use pyo3::prelude::*;
use ta_kernel_api::{Registry, near_names};
use ta_runtime::catalog::{Entry, entries};
use ta_runtime::editor::{self, Manifest};

use crate::errors::{Class, Refusal, guarded};
use crate::json::to_python;
use crate::plan::{Texts, options};
use crate::registry::registry;

/// What is wrong with expressions: nothing when they can be computed, something with each statement that cannot.
///
/// Takes what `compile` takes, and raises nothing about the expressions themselves.
///
/// Returns
/// -------
/// list of dict
///     `kind`, `message`, `help`, `expression` (which of several, counted from zero), `name`, and `span`: `start` and `end` in bytes of
///     UTF-8, and lines and columns counted from one as editors have them.
#[pyfunction]
#[pyo3(signature = (exprs, *, missing="skip", source="ohlcv"))]
pub(crate) fn check<'py>(
    exprs: &Bound<'py, PyAny>,
    missing: &str,
    source: &str,
) -> PyResult<Bound<'py, PyAny>> {
    guarded(|| {
        let (texts, options) = (Texts::of(exprs)?, options(Some(missing), Some(source))?);
        to_python(exprs.py(), &editor::validate(&*registry()?, &texts.borrowed(), &options))
    })
}

/// All that can be said of expressions without data, or all that is wrong with them.
///
/// Takes what `compile` takes.
///
/// Returns
/// -------
/// dict
///     `valid` and `errors`, and when they are valid: `text`, `fingerprint`, `source`, `scalar`, `missing`, `outputs`, `sources`, `symbols`,
///     `timeframes`, `fields`, `requirements`, `kernels`, `nodes` and `shared`.
#[pyfunction]
#[pyo3(signature = (exprs, *, missing="skip", source="ohlcv"))]
pub(crate) fn analyze<'py>(
    exprs: &Bound<'py, PyAny>,
    missing: &str,
    source: &str,
) -> PyResult<Bound<'py, PyAny>> {
    guarded(|| {
        let (texts, options) = (Texts::of(exprs)?, options(Some(missing), Some(source))?);
        to_python(exprs.py(), &editor::analyze(&*registry()?, &texts.borrowed(), &options))
    })
}

/// The kernels there are, each as `describe` says it, sorted by id.
#[pyfunction]
pub(crate) fn kernels(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    guarded(|| to_python(py, &entries(&*registry()?)))
}

/// All that is known of a kernel: `id`, `aliases`, `family`, `summary`, `doc`, `signature`, `inputs`, `params`, `outputs`, and more.
///
/// Raises `UnknownKernelError` where there is none of that id or alias.
#[pyfunction]
pub(crate) fn describe<'py>(py: Python<'py>, id: &str) -> PyResult<Bound<'py, PyAny>> {
    let registry = registry()?;
    let def = registry.get(id).map_err(|error| unknown(&registry, id, error.to_string()))?;
    to_python(py, &Entry::from(def))
}

/// Why there is no kernel of a name.
pub(crate) fn unknown(registry: &Registry, name: &str, message: String) -> Refusal {
    let near = near_names(name, registry.names()).into_iter().map(str::to_owned).collect::<Vec<_>>();
    Refusal::new(Class::UnknownKernel, message).with("given", name).with("near", near)
}

/// What there is to write expressions with: sources and their fields, kernels, operators, forms, limits, examples.
#[pyfunction]
pub(crate) fn manifest(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    guarded(|| to_python(py, &Manifest::new(&*registry()?)))
}
