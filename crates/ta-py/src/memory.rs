//! Memory for columns, of which there may be too little.

use pyo3::PyResult;
use pyo3::exceptions::PyMemoryError;

/// Rows from which on a column is asked for first: an array of NumPy may be longer than memory, as on disk or with a stride of nought.
const LARGE: usize = 1 << 20;

/// Refuses a column for which there is no room, as running out of it would end the program.
pub(crate) fn room(rows: usize) -> PyResult<()> {
    if rows < LARGE || Vec::<f64>::new().try_reserve_exact(rows).is_ok() {
        return Ok(());
    }
    Err(PyMemoryError::new_err(format!("no memory for a column of {rows} rows")))
}

/// A column of noughts.
pub(crate) fn zeros(rows: usize) -> PyResult<Vec<f64>> {
    room(rows)?;
    Ok(vec![0.0; rows])
}

/// A column without values.
pub(crate) fn missing(rows: usize) -> PyResult<Vec<f64>> {
    room(rows)?;
    Ok(vec![f64::NAN; rows])
}
