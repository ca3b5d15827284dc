//! A kernel in Python bound to its state.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use pyo3::prelude::*;
use serde::de::Error as _;
use serde::ser::{Error as _, SerializeStruct};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ta_kernel_api::node::F64Node;
use ta_kernel_api::spec::MissingInputs;
use ta_kernel_api::{KernelDef, Node, ParamValue, Params};

use super::instance::Instance;
use super::plain::{Plain, copy};
use super::register::find;
use super::thrown::throw;

/// A kernel in Python bound to its state. It is saved as every node is, and names its kernel besides: which there are is known at run time alone.
pub(super) struct OwnNode {
    instance: Arc<Instance>,
    /// Plain data that nobody else has.
    state: Py<PyAny>,
}

impl OwnNode {
    pub(super) fn new(instance: Instance) -> Self {
        let state = Python::attach(|py| instance.init(py).map(Bound::unbind));
        let state = state.unwrap_or_else(|error| throw(instance.def().spec.id, error));
        Self { instance: Arc::new(instance), state }
    }

    /// Does something with the interpreter; what is raised leaves the kernel.
    fn with<T>(&self, work: impl FnOnce(Python<'_>, &Instance) -> PyResult<T>) -> T {
        let made = Python::attach(|py| work(py, &self.instance));
        made.unwrap_or_else(|error| throw(self.def().spec.id, error))
    }

    fn take(&self, state: &Bound<'_, PyAny>, inputs: &[f64], outputs: &mut [f64]) -> PyResult<()> {
        let columns: Vec<&[f64]> = inputs.iter().map(std::slice::from_ref).collect();
        let mut made: Vec<&mut [f64]> = outputs.iter_mut().map(std::slice::from_mut).collect();
        self.instance.advance(state, &columns, &mut made)
    }

    /// The inputs from their slots; `None` when one is missing and the kernel is not to see that.
    fn complete(&self, row: &[f64], inputs: &[usize]) -> Option<Vec<f64>> {
        let inputs: Vec<f64> = inputs.iter().map(|&slot| row[slot]).collect();
        let gap = self.def().spec.missing != MissingInputs::Pass && inputs.iter().any(|value| value.is_nan());
        (!gap).then_some(inputs)
    }
}

impl Clone for OwnNode {
    fn clone(&self) -> Self {
        let state = self.with(|py, _| Ok(copy(self.state.bind(py))?.unbind()));
        Self { instance: Arc::clone(&self.instance), state }
    }
}

impl fmt::Debug for OwnNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(self.def().spec.id).field("params", &self.instance.params).finish_non_exhaustive()
    }
}

impl Node<f64> for OwnNode {
    fn def(&self) -> &'static KernelDef {
        self.instance.def()
    }

    fn params(&self) -> Params {
        self.instance.params.clone()
    }

    fn lookback(&self) -> Vec<usize> {
        self.instance.timing.lookback.clone()
    }

    fn stabilisation(&self) -> usize {
        self.instance.timing.stabilisation
    }

    fn batch_is_derived(&self) -> bool {
        !self.instance.has_batch()
    }

    fn step(&mut self, inputs: &[f64], outputs: &mut [f64]) {
        self.with(|py, _| self.take(self.state.bind(py), inputs, outputs));
    }

    fn step_in(&mut self, row: &mut [f64], inputs: &[usize], first: usize) -> bool {
        let Some(inputs) = self.complete(row, inputs) else { return false };
        let outputs = self.def().spec.outputs.len();
        self.step(&inputs, &mut row[first..first + outputs]);
        true
    }

    fn peek(&self, inputs: &[f64], outputs: &mut [f64]) {
        self.with(|py, _| self.take(&copy(self.state.bind(py))?, inputs, outputs));
    }

    fn peek_in(&self, row: &mut [f64], inputs: &[usize], first: usize) -> bool {
        let Some(inputs) = self.complete(row, inputs) else { return false };
        let outputs = self.def().spec.outputs.len();
        self.peek(&inputs, &mut row[first..first + outputs]);
        true
    }

    fn advance(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) {
        self.with(|py, instance| instance.advance(self.state.bind(py), inputs, outputs));
    }

    fn batch(&self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) {
        let rows = outputs.first().map_or(0, |column| column.len());
        if self.instance.timing.lookback.iter().all(|&lookback| lookback >= rows) {
            return outputs.iter_mut().for_each(|column| column.fill(f64::NAN));
        }
        self.with(|py, instance| instance.batch(py, inputs, outputs));
    }

    fn reset(&mut self) {
        self.state = self.with(|py, instance| Ok(instance.init(py)?.unbind()));
    }

    fn boxed_clone(&self) -> Box<dyn F64Node> {
        Box::new(self.clone())
    }
}

#[typetag::serde(name = "python@f64")]
impl F64Node for OwnNode {}

impl Serialize for OwnNode {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        let (def, params) = (self.def(), &self.instance.params);
        let state = Python::attach(|py| Plain::of(self.state.bind(py)));
        let params: BTreeMap<_, _> = def.named(params).collect();
        let mut saved = serializer.serialize_struct("Node", 4)?;
        saved.serialize_field("kernel", def.spec.id)?;
        saved.serialize_field("version", &def.spec.state_version)?;
        saved.serialize_field("params", &params)?;
        saved.serialize_field("state", &state.map_err(Z::Error::custom)?)?;
        saved.end()
    }
}

impl<'de> Deserialize<'de> for OwnNode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Saved {
            kernel: String,
            version: u32,
            params: BTreeMap<String, ParamValue>,
            state: Plain,
        }
        let saved = Saved::deserialize(deserializer)?;
        let Some(own) = find(&saved.kernel) else {
            let message = format!(
                "`{}` is no registered kernel (run the program that defines its class)",
                saved.kernel
            );
            return Err(D::Error::custom(message));
        };
        let (def, id) = (own.def(), own.def().spec.id);
        if saved.version != def.spec.state_version {
            return Err(D::Error::custom(format_args!(
                "state of `{id}` has version {}, the registered class reads version {}",
                saved.version, def.spec.state_version
            )));
        }
        let given = saved.params.iter().map(|(name, value)| (name.as_str(), value.clone()));
        let params = def.params(given).map_err(D::Error::custom)?;
        let made = Python::attach(|py| {
            let instance = own.instance(py, &params)?;
            Ok::<_, PyErr>((instance, saved.state.to_python(py)?.unbind()))
        });
        let (instance, state) =
            made.map_err(|error| D::Error::custom(format_args!("`{id}` raised {error}")))?;
        Ok(Self { instance: Arc::new(instance), state })
    }
}
