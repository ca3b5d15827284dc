//! What a module consists of, and the macro that makes one.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyModule;
use ta_kernel_api::Registry;
use ta_runtime::catalog::python;

use crate::catalog;
use crate::dataset::{self, Dataset, jobs};
use crate::errors;
use crate::expr::{Columns, Expr};
use crate::functions::Function;
use crate::own;
use crate::plan::Plan;
use crate::registry::registry;
use crate::session::Session;

/// Makes a Python module of every kernel that this library is linked with.
///
/// A wheel of your own takes a crate of type `cdylib` that names the crates of its kernels and this macro with the name of the module:
///
/// ```ignore
/// // A dependency that no code names registers nothing.
/// use acme_kernels as _;
///
/// ta_py::export!(acme_ta);
/// ```
///
/// The standard kernels are there too, as `ta_py` names them. Kernels of a vendor are found in a submodule of its name: `acme::spread` is
/// `acme_ta.acme.spread`. The crate needs no other dependency; `maturin build` makes the wheel.
#[macro_export]
macro_rules! export {
    ($module:ident) => {
        #[allow(unsafe_code, unsafe_op_in_unsafe_fn, reason = "the entry point is written by PyO3")]
        mod exported {
            use $crate::__private::pyo3;

            #[doc = "The functions of the linked kernels."]
            #[pyo3::pymodule(gil_used = false)]
            #[pyo3(crate = "::ta_py::__private::pyo3")]
            fn $module(module: &pyo3::Bound<'_, pyo3::types::PyModule>) -> pyo3::PyResult<()> {
                $crate::__private::fill(module)
            }
        }
    };
}

/// Puts the functions of all linked kernels, those over expressions, the exceptions and the version into a module.
///
/// # Errors
/// `ImportError` when two linked kernels claim one name.
pub fn fill(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let registry =
        Registry::linked().map_err(|error| pyo3::exceptions::PyImportError::new_err(error.to_string()))?;
    let name = module.name()?.to_string();
    // A module inside a package serves the package.
    let package = name.rsplit_once('.').map_or(name.as_str(), |(package, _)| package);
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    errors::install(module, package)?;
    module.add("__getattr__", Bound::new(py, UnknownName)?)?;
    for class in [
        py.get_type::<Plan>(),
        py.get_type::<Expr>(),
        py.get_type::<Columns>(),
        py.get_type::<Session>(),
        py.get_type::<Dataset>(),
    ] {
        // So that what it makes can be pickled by a wheel of another name.
        class.setattr("__module__", package)?;
        module.add(class.name()?.to_str()?, class)?;
    }
    module.add("col", Bound::new(py, Columns)?)?;
    module.add_function(wrap_pyfunction!(crate::expr::choice, module)?)?;
    module.add_function(wrap_pyfunction!(dataset::dataset_create, module)?)?;
    module.add_function(wrap_pyfunction!(dataset::dataset_drop, module)?)?;
    module.add_function(wrap_pyfunction!(dataset::dataset_append_ohlcv, module)?)?;
    module.add_function(wrap_pyfunction!(dataset::dataset_append_series, module)?)?;
    module.add_function(wrap_pyfunction!(dataset::dataset_info, module)?)?;
    module.add_function(wrap_pyfunction!(jobs::execute_plan, module)?)?;
    module.add_function(wrap_pyfunction!(jobs::incremental_initialize, module)?)?;
    module.add_function(wrap_pyfunction!(jobs::incremental_step, module)?)?;
    module.add_function(wrap_pyfunction!(jobs::incremental_snapshot, module)?)?;
    module.add_function(wrap_pyfunction!(jobs::incremental_replay, module)?)?;
    module.add_function(wrap_pyfunction!(crate::plan::compile, module)?)?;
    module.add_function(wrap_pyfunction!(crate::eval::eval, module)?)?;
    module.add_function(wrap_pyfunction!(crate::eval::preview, module)?)?;
    module.add_function(wrap_pyfunction!(catalog::check, module)?)?;
    module.add_function(wrap_pyfunction!(catalog::analyze, module)?)?;
    module.add_function(wrap_pyfunction!(catalog::kernels, module)?)?;
    module.add_function(wrap_pyfunction!(catalog::describe, module)?)?;
    module.add_function(wrap_pyfunction!(catalog::manifest, module)?)?;
    // For the decorator, which a program uses instead.
    module.setattr("_register", wrap_pyfunction!(own::register::register, module)?)?;
    module.setattr("_certify", wrap_pyfunction!(own::certify::certify, module)?)?;
    for def in registry.iter() {
        let (home, id) = match def.spec.id.split_once("::") {
            Some((vendor, id)) => (submodule(module, package, &python::name(vendor))?, id),
            None => (module.clone(), def.spec.id),
        };
        let home_name = match def.spec.id.split_once("::") {
            Some((vendor, _)) => format!("{package}.{}", python::name(vendor)),
            None => package.to_owned(),
        };
        let function = Bound::new(py, Function::new(def, &home_name, &name))?;
        home.add(python::name(id), &function)?;
        for alias in def.spec.aliases {
            home.add(python::name(alias), &function)?;
        }
    }
    Ok(())
}

/// What a module is asked when it has no such attribute.
#[pyclass(frozen, module = "ta_py")]
struct UnknownName;

#[pymethods]
impl UnknownName {
    #[allow(clippy::unused_self, reason = "called on an instance")]
    fn __call__(&self, name: &str) -> PyResult<()> {
        // What Python itself looks for is not about kernels.
        if name.starts_with("__") {
            return Err(pyo3::exceptions::PyAttributeError::new_err(name.to_owned()));
        }
        let registry = registry()?;
        // A submodule has the kernels of its vendor; what is not found here is not found at all.
        let error = registry.get(name).err().map(|error| error.to_string());
        let message = error.unwrap_or_else(|| format!("unknown name `{name}`"));
        Err(catalog::unknown(&registry, name, message).into())
    }
}

/// The submodule of a vendor, made when it is not there yet.
pub(crate) fn submodule<'py>(
    module: &Bound<'py, PyModule>,
    package: &str,
    vendor: &str,
) -> PyResult<Bound<'py, PyModule>> {
    let py = module.py();
    if let Some(there) = module.getattr_opt(vendor)? {
        return there.cast_into::<PyModule>().map_err(|_| {
            let message = format!("a vendor and a kernel are both called `{vendor}` (rename one of them)");
            pyo3::exceptions::PyImportError::new_err(message)
        });
    }
    let path = format!("{package}.{vendor}");
    let made = PyModule::new(py, &path)?;
    made.setattr("__doc__", format!("The kernels of {vendor}."))?;
    module.add(vendor, &made)?;
    // So that `import ta_py.vendor` finds it.
    py.import(intern!(py, "sys"))?.getattr(intern!(py, "modules"))?.set_item(path, &made)?;
    Ok(made)
}
