//! Kernels on the laws, from Python.

use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use ta_kernel_api::ScalarKind;
use ta_kernel_api::conformance::{Config, Law, check};

use crate::catalog::unknown;
use crate::errors::guarded;
use crate::registry::registry;

/// Tries a kernel on every law: for each what is wrong, the empty text where nothing is, None where the law asks nothing of the kernel.
#[pyfunction]
pub(crate) fn certify<'py>(py: Python<'py>, id: &str, cases: u32, seed: u64) -> PyResult<Bound<'py, PyDict>> {
    guarded(|| {
        let registry = registry()?;
        let def = registry.get(id).map_err(|error| unknown(&registry, id, error.to_string()))?;
        let (config, verdicts) = (Config { cases, seed }, PyDict::new(py));
        for law in Law::ALL {
            if !law.applies(def, ScalarKind::F64) {
                verdicts.set_item(law.name(), py.None())?;
                continue;
            }
            let said = py.detach(|| check(def, ScalarKind::F64, law, &config)).err();
            let said = said.map(|failure| failure.to_string()).unwrap_or_default();
            // A law takes what a kernel raises for its fault; this one is not.
            if said.contains("raised KeyboardInterrupt") {
                return Err(PyKeyboardInterrupt::new_err(()));
            }
            py.check_signals()?;
            verdicts.set_item(law.name(), said)?;
        }
        Ok(verdicts)
    })
}
