//! The options of a job: a dict, keywords, or both.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use ta_kernel_api::near_names;

use crate::errors::{Class, Refusal, listed};

/// The options that were given.
pub(super) struct Options<'py>(Bound<'py, PyDict>);

impl<'py> Options<'py> {
    /// Those of the dict and of the keywords, which win, when all of them are known.
    pub(super) fn of(
        py: Python<'py>,
        dict: Option<&Bound<'py, PyDict>>,
        keywords: Option<&Bound<'py, PyDict>>,
        known: &[&str],
    ) -> PyResult<Self> {
        let all = PyDict::new(py);
        for given in [dict, keywords].into_iter().flatten() {
            all.update(given.as_mapping())?;
        }
        for name in all.keys() {
            let name = name.str()?.to_string();
            if !known.contains(&name.as_str()) {
                let near: Vec<String> =
                    near_names(&name, known.iter().copied()).into_iter().map(str::to_owned).collect();
                let message = format!("there is no option `{name}` (accepted: {})", listed(known));
                let refusal = Refusal::new(Class::Argument, message).with("given", name).with("near", near);
                return Err(refusal.into());
            }
        }
        Ok(Self(all))
    }

    /// An option, where it is given and not None.
    pub(super) fn get<T>(&self, name: &'static str, accepted: &str) -> PyResult<Option<T>>
    where
        T: for<'a> FromPyObject<'a, 'py>,
    {
        let Some(value) = self.0.get_item(name)?.filter(|value| !value.is_none()) else { return Ok(None) };
        value.extract().map(Some).map_err(|_| {
            let given = value.str().map_or_else(|_| String::new(), |text| text.to_string());
            let message = format!("`{name}` is {given} (accepted: {accepted})");
            Refusal::new(Class::Parameter, message)
                .with("parameter", name)
                .with("given", given)
                .with("accepted", accepted)
                .into()
        })
    }
}
