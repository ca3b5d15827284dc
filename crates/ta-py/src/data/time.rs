//! Times as numbers: milliseconds since 1970 in UTC, as kernels read them.

use numpy::PyUntypedArray;
use pyo3::intern;
use pyo3::prelude::*;

/// `datetime64` of any unit to `float64`; not-a-time becomes NaN.
pub(super) fn from_numpy<'py>(array: &Bound<'py, PyUntypedArray>) -> PyResult<Bound<'py, PyAny>> {
    let py = array.py();
    let numpy = py.import(intern!(py, "numpy"))?;
    let astype = |array: &Bound<'py, PyAny>, dtype: &str| array.call_method1(intern!(py, "astype"), (dtype,));
    let missing = numpy.call_method1("isnat", (array,))?;
    let whole = astype(&astype(array, "datetime64[ms]")?, "int64")?;
    let values = astype(&whole, "float64")?;
    numpy.call_method1("putmask", (&values, missing, f64::NAN))?;
    Ok(values)
}

/// A series or index of pandas with a time zone, as its clock shows in UTC.
pub(super) fn without_zone<'py>(times: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    times.call_method1(intern!(times.py(), "tz_convert"), (times.py().None(),))
}
