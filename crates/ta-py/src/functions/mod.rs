//! Every kernel as a function, made from its declaration when the module is imported.

mod arguments;
mod buffers;
mod expression;
mod lazy;
mod result;
mod signature;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};
use smallvec::SmallVec;
use ta_kernel_api::KernelDef;
use ta_runtime::catalog::python;

use self::arguments::Placed;
use self::buffers::Buffers;
use crate::compute::{self, Pieces};
use crate::data::numpy;
use crate::errors::{Class, Refusal, guarded};
use crate::memory::zeros;

// A kernel that can be called: with data for its values, without for an expression. Without documentation of its own, as Python would show that in place of the kernel's.
#[pyclass(frozen, module = "ta_py")]
pub(crate) struct Function {
    def: &'static KernelDef,
    /// The module it is part of: `ta_py`, or `ta_py.vendor`.
    home: String,
    /// The module that is the library it is compiled in.
    library: String,
    /// The class of its answers when it has several outputs.
    result: PyOnceLock<Py<PyType>>,
}

impl Function {
    pub(crate) fn new(def: &'static KernelDef, home: &str, library: &str) -> Self {
        Self { def, home: home.to_owned(), library: library.to_owned(), result: PyOnceLock::new() }
    }

    fn name(&self) -> String {
        python::name(self.def.spec.id)
    }

    fn call<'py>(
        &self,
        py: Python<'py>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if expression::is_meant(args, kwargs) {
            return Ok(Bound::new(py, expression::of(self.def, args, kwargs)?)?.into_any());
        }
        let spec = &self.def.spec;
        let placed = Placed::of(spec, args, kwargs)?;
        if placed.is_lazy() {
            return lazy::of(py, &self.library, self.def, placed);
        }
        let call = placed.read()?;
        let params = arguments::checked_params(self.def, &call.params)?;
        let node = self
            .def
            .bind::<f64>(&params)
            .map_err(|error| Refusal::new(Class::Argument, error.to_string()))?;
        let inputs: SmallVec<[Pieces<'_>; 4]> = call.inputs.iter().map(arguments::Input::pieces).collect();
        let policy = (!call.complete).then_some(call.missing);
        let lost = |lost| compute::lost(spec, lost);
        if let Some(out) = &call.out {
            let mut buffers = Buffers::of(spec, out, call.rows)?;
            buffers.refuse_overlap(&inputs)?;
            buffers.fill(|outputs| compute::run(py, node, policy, &inputs, outputs), policy).map_err(lost)?;
            return Ok(out.clone());
        }
        let mut given = if call.like.is_plain() {
            let arrays = spec.outputs.iter().map(|_| numpy::zeros(py, call.rows));
            let mut arrays = arrays.collect::<PyResult<SmallVec<[_; 4]>>>()?;
            let mut outputs: SmallVec<[&mut [f64]; 4]> = arrays.iter_mut().map(numpy::fresh).collect();
            compute::run(py, node, policy, &inputs, &mut outputs).map_err(lost)?;
            drop(outputs);
            arrays.into_iter().map(Bound::into_any).collect::<SmallVec<[_; 4]>>()
        } else {
            let mut made = spec.outputs.iter().map(|_| zeros(call.rows)).collect::<PyResult<Vec<_>>>()?;
            let mut outputs: Vec<&mut [f64]> = made.iter_mut().map(Vec::as_mut_slice).collect();
            compute::run(py, node, policy, &inputs, &mut outputs).map_err(lost)?;
            let made = made.into_iter().zip(spec.outputs);
            made.map(|(values, output)| call.like.give(py, values, output.into())).collect::<PyResult<_>>()?
        };
        if spec.outputs.len() == 1
            && let Some(only) = given.pop()
        {
            return Ok(only);
        }
        self.result_class(py)?.call1(PyTuple::new(py, given)?)
    }

    fn result_class<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyType>> {
        let class = self.result.get_or_try_init(py, || result::class(py, &self.def.spec, &self.home))?;
        Ok(class.bind(py))
    }
}

#[pymethods]
impl Function {
    #[pyo3(signature = (*args, **kwargs))]
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        guarded(|| self.call(py, args, kwargs))
    }

    /// The kernel's id.
    #[getter]
    fn id(&self) -> &'static str {
        self.def.spec.id
    }

    #[getter]
    fn __name__(&self) -> String {
        self.name()
    }

    #[getter]
    fn __qualname__(&self) -> String {
        self.name()
    }

    #[getter]
    fn __doc__(&self) -> String {
        python::docstring(self.def)
    }

    #[getter]
    fn __signature__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        signature::of(py, &self.def.spec)
    }

    /// The class of the answers: a named tuple of the outputs, None where there is one output.
    #[getter(Result)]
    fn result<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyType>>> {
        if self.def.spec.outputs.len() == 1 {
            return Ok(None);
        }
        self.result_class(py).map(|class| Some(class.clone()))
    }

    fn __repr__(&self) -> String {
        format!("<{}.{}>", self.home, python::signature(&self.def.spec))
    }

    // What `help` and tools for documentation know a function by. A function that became the attribute of a class stays one.
    fn __get__<'py>(
        slf: Bound<'py, Self>,
        _instance: Option<&Bound<'py, PyAny>>,
        _owner: Option<&Bound<'py, PyAny>>,
    ) -> Bound<'py, Self> {
        slf
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        let resolve = py.import(intern!(py, "pkgutil"))?.getattr(intern!(py, "resolve_name"))?;
        Ok((resolve, (format!("{}:{}", self.home, self.name()),)))
    }
}
