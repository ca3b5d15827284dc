//! Arrays of the caller that results are written into.

use numpy::{BorrowError, PyArray1, PyArrayMethods, PyReadwriteArray1};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use ta_kernel_api::Missing;
use ta_kernel_api::missing::MissingInput;
use ta_kernel_api::spec::KernelSpec;

use crate::compute::Pieces;
use crate::errors::{Class, Refusal, kind_of};

/// One contiguous `float64` array per output, none of which shares memory with another or with an input.
pub(super) struct Buffers<'py>(Vec<PyReadwriteArray1<'py, f64>>);

impl<'py> Buffers<'py> {
    /// The arrays given as `out`: one, or as many as there are outputs.
    pub(super) fn of(spec: &KernelSpec, out: &Bound<'py, PyAny>, rows: usize) -> PyResult<Self> {
        let several = out.is_instance_of::<PyTuple>() || out.is_instance_of::<PyList>();
        let given: Vec<Bound<'py, PyAny>> =
            if several { out.try_iter()?.collect::<PyResult<_>>()? } else { vec![out.clone()] };
        if given.len() != spec.outputs.len() {
            let message =
                format!("`out` has {} arrays, `{}` has {} outputs", given.len(), spec.id, spec.outputs.len());
            return Err(Refusal::new(Class::Shape, message).with("given", given.len()).into());
        }
        let arrays = given.iter().map(|array| writable(array, rows)).collect::<Result<_, Refusal>>()?;
        Ok(Self(arrays))
    }

    /// Checks that nothing is read where something is written. Arrow data may lie in the memory of an array too.
    pub(super) fn refuse_overlap(&mut self, inputs: &[Pieces<'_>]) -> Result<(), Refusal> {
        for array in &mut self.0 {
            let out = array.as_slice_mut().map(|out| out.as_ptr_range()).unwrap_or_default();
            let shares = |piece: &&[f64]| {
                let piece = piece.as_ptr_range();
                piece.start < out.end && out.start < piece.end
            };
            if inputs.iter().flatten().any(shares) {
                return Err(Refusal::new(
                    Class::Shape,
                    "`out` shares memory with an input (accepted: memory of its own)",
                ));
            }
        }
        Ok(())
    }

    /// Computes into the arrays. When a row is refused they keep what they held.
    pub(super) fn fill(
        &mut self,
        compute: impl FnOnce(&mut [&mut [f64]]) -> Result<(), MissingInput>,
        policy: Option<Missing>,
    ) -> Result<(), MissingInput> {
        // Only contiguous arrays were accepted.
        let mut outputs: Vec<&mut [f64]> =
            self.0.iter_mut().map(|array| array.as_slice_mut().unwrap_or_default()).collect();
        if policy != Some(Missing::Error) {
            return compute(&mut outputs);
        }
        let mut made: Vec<Vec<f64>> = outputs.iter().map(|out| vec![0.0; out.len()]).collect();
        compute(&mut made.iter_mut().map(Vec::as_mut_slice).collect::<Vec<_>>())?;
        for (out, made) in outputs.iter_mut().zip(&made) {
            out.copy_from_slice(made);
        }
        Ok(())
    }
}

fn writable<'py>(array: &Bound<'py, PyAny>, rows: usize) -> Result<PyReadwriteArray1<'py, f64>, Refusal> {
    const ACCEPTED: &str = "a NumPy array of float64 with one dimension";
    let Ok(array) = array.cast::<PyArray1<f64>>() else {
        let message = format!("`out` is of type `{}` (accepted: {ACCEPTED})", kind_of(array));
        return Err(Refusal::new(Class::Argument, message)
            .with("given", kind_of(array))
            .with("accepted", ACCEPTED));
    };
    let mut writable = array.try_readwrite().map_err(|error| {
        let what = match error {
            BorrowError::NotWriteable => "is read-only",
            _ => "shares memory with an input or another output",
        };
        Refusal::new(Class::Shape, format!("`out` {what} (accepted: writable memory of its own)"))
    })?;
    match writable.as_slice_mut() {
        Ok(out) if out.len() == rows => Ok(writable),
        Ok(out) => {
            let given = out.len();
            let message = format!("`out` has {given} rows, the inputs have {rows}");
            Err(Refusal::new(Class::Shape, message).with("given", given).with("accepted", rows))
        }
        Err(_) => {
            Err(Refusal::new(Class::Shape, "`out` does not lie in one piece (accepted: a contiguous array)"))
        }
    }
}
