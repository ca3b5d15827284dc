//! The arguments of a call: inputs, parameters and options, by position and by name.
//!
//! By position come the inputs, then the parameters, in declared order. A frame in the first place stands for all inputs; after it come
//! the parameters. A number may stand for an input without a default field when another input is a column.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyString, PyTuple};
use smallvec::{SmallVec, smallvec};
use ta_kernel_api::spec::{InputSpec, KernelSpec};
use ta_kernel_api::{KernelDef, Missing, ParamValue, Params, near_names};
use ta_runtime::catalog::python;

use crate::compute::Pieces;
use crate::data::frame::Frame;
use crate::data::{Chunk, Column, Given, Like, Wanted, classify, read};
use crate::errors::{Class, Refusal, kind_of, listed};

/// A call in which everything has its place.
pub(super) struct Arguments<'py> {
    pub(super) inputs: SmallVec<[Input<'py>; 4]>,
    pub(super) params: SmallVec<[(&'static str, ParamValue); 4]>,
    pub(super) missing: Missing,
    pub(super) out: Option<Bound<'py, PyAny>>,
    pub(super) rows: usize,
    /// Whether no value is missing.
    pub(super) complete: bool,
    pub(super) like: Like<'py>,
}

/// The values of one input.
pub(super) enum Input<'py> {
    Column(SmallVec<[Chunk<'py>; 1]>),
    /// The same number in every row.
    Constant(Vec<f64>),
}

impl Input<'_> {
    pub(super) fn pieces(&self) -> Pieces<'_> {
        match self {
            Self::Column(chunks) => chunks.iter().map(Chunk::values).collect(),
            Self::Constant(values) => smallvec![&values[..]],
        }
    }
}

/// What stands for an input before it is read.
pub(super) enum Place<'py> {
    Open,
    Given(Bound<'py, PyAny>, Given<'py>),
}

/// What a name says an argument is for.
pub(super) enum Target {
    Input(usize),
    Param(usize),
    Out,
    Missing,
}

/// A call in which every argument has its place and no column was read yet.
pub(super) struct Placed<'py> {
    spec: &'static KernelSpec,
    pub(super) frame: Option<Frame<'py>>,
    pub(super) places: SmallVec<[Place<'py>; 4]>,
    pub(super) params: SmallVec<[(&'static str, ParamValue); 4]>,
    pub(super) missing: Missing,
    pub(super) out: Option<Bound<'py, PyAny>>,
}

impl<'py> Placed<'py> {
    pub(super) fn of(
        spec: &'static KernelSpec,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Self> {
        let mut places: SmallVec<[Place<'py>; 4]> = spec.inputs.iter().map(|_| Place::Open).collect();
        let mut params: SmallVec<[(&'static str, ParamValue); 4]> = SmallVec::new();
        let (mut missing, mut out) = (Missing::default(), None);
        let mut frame = None;
        // The next place by position: the inputs, then the parameters.
        let mut next = 0;
        for (index, value) in args.iter().enumerate() {
            if let Some(place) = places.get_mut(next) {
                match classify(&value)? {
                    Given::Frame(given) if index == 0 => {
                        frame = Some(given);
                        next = places.len();
                        continue;
                    }
                    given => *place = Place::Given(value, given),
                }
            } else if let Some(param) = spec.params.get(next - spec.inputs.len()) {
                params.push((param.name, param_value(spec, param.name, &value)?));
            } else {
                return Err(too_many(spec, args.len()).into());
            }
            next += 1;
        }
        for (name, value) in kwargs.into_iter().flatten() {
            let name = name.cast::<PyString>()?.to_str()?;
            match target(spec, name)? {
                Target::Input(index) => {
                    if matches!(places[index], Place::Given(..)) {
                        return Err(twice(spec, name).into());
                    }
                    let given = classify(&value)?;
                    places[index] = Place::Given(value, given);
                }
                Target::Param(index) => {
                    let name = spec.params[index].name;
                    if params.iter().any(|(given, _)| *given == name) {
                        return Err(twice(spec, name).into());
                    }
                    params.push((name, param_value(spec, name, &value)?));
                }
                Target::Out => out = Some(value).filter(|value| !value.is_none()),
                Target::Missing => missing = policy(&value)?,
            }
        }
        Ok(Self { spec, frame, places, params, missing, out })
    }

    /// Whether an input is an expression of Polars, so that there is nothing to read.
    pub(super) fn is_lazy(&self) -> bool {
        self.places.iter().any(|place| matches!(place, Place::Given(_, Given::PolarsExpr)))
    }

    pub(super) fn read(self) -> PyResult<Arguments<'py>> {
        let Self { spec, frame, places, params, missing, out } = self;
        let Read { inputs, rows, complete, like } = read_inputs(spec, frame.as_ref(), places)?;
        Ok(Arguments { inputs, params, missing, out, rows, complete, like })
    }
}

/// The parameters, checked where all front ends have them checked.
pub(super) fn checked_params(
    def: &'static KernelDef,
    params: &[(&'static str, ParamValue)],
) -> Result<Params, Refusal> {
    if params.is_empty() {
        return Ok(def.defaults());
    }
    let given = || params.iter().map(|(name, value)| (*name, value.clone()));
    def.params(given()).map_err(|error| {
        let refusal = Refusal::new(Class::Parameter, error.to_string());
        // The first that is refused alone is the one meant; a rule between several means none of them.
        let alone =
            given().find(|(name, value)| def.params([(*name, value.clone())]).as_ref() == Err(&error));
        let Some((name, value)) = alone else { return refusal };
        let domain = def.spec.params.iter().find(|param| param.name == name).map(|param| param.domain);
        let accepted = domain.map(|domain| domain.to_string()).unwrap_or_default();
        refusal.with("parameter", name).with("given", value.to_string()).with("accepted", accepted)
    })
}

/// All inputs, how many rows they have, whether none is missing, and what results are to be like.
struct Read<'py> {
    inputs: SmallVec<[Input<'py>; 4]>,
    rows: usize,
    complete: bool,
    like: Like<'py>,
}

/// Reads every input.
fn read_inputs<'py>(
    spec: &'static KernelSpec,
    frame: Option<&Frame<'py>>,
    places: SmallVec<[Place<'py>; 4]>,
) -> PyResult<Read<'py>> {
    let mut inputs = SmallVec::with_capacity(places.len());
    let mut constants = Vec::new();
    let mut complete = true;
    let mut first: Option<(&'static str, usize)> = None;
    let mut like: Option<Like<'py>> = None;
    for (index, (input, place)) in spec.inputs.iter().zip(places).enumerate() {
        let wanted = Wanted { name: input.name, time: input.field == Some("ts") };
        let column = match (place, frame) {
            (Place::Open, Some(frame)) => match input.field {
                Some(field) => frame.role(field, wanted)?,
                None => return Err(open(spec, input, true).into()),
            },
            (Place::Open, None) => return Err(open(spec, input, false).into()),
            (Place::Given(value, given), _) => match (given, frame) {
                (Given::Column(source), _) => read(&value, source, wanted)?,
                (Given::Other, Some(frame)) if value.is_instance_of::<PyString>() => {
                    frame.named(value.cast::<PyString>()?.to_str()?, wanted)?
                }
                (Given::Other, _) if input.field.is_none() && number(&value).is_some() => {
                    constants.push((index, number(&value).unwrap_or(f64::NAN)));
                    inputs.push(Input::Constant(Vec::new()));
                    continue;
                }
                _ => return Err(no_column(spec, input, &value).into()),
            },
        };
        complete &= column.is_complete(input.name)?;
        let rows = column.rows();
        match first {
            None => first = Some((input.name, rows)),
            Some((name, before)) if before != rows => {
                let message =
                    format!("`{}` has {rows} rows and `{name}` has {before} (accepted: as many)", input.name);
                return Err(Refusal::new(Class::Shape, message)
                    .with("column", input.name)
                    .with("given", rows)
                    .into());
            }
            Some((name, _)) => {
                if let Some(like) = &like
                    && !like.fits(&column.like)?
                {
                    let message = format!(
                        "`{}` and `{name}` have different indexes (align them first, or pass `.to_numpy()`)",
                        input.name
                    );
                    return Err(Refusal::new(Class::Shape, message).with("column", input.name).into());
                }
            }
        }
        let Column { chunks, like: own } = column;
        // Labels win over plain arrays, the first of them over later ones.
        like = Some(match like {
            Some(like) if !matches!(like, Like::Numpy) => like,
            _ => own,
        });
        inputs.push(Input::Column(chunks));
    }
    let Some((_, rows)) = first else {
        let message =
            format!("`{}` needs a column or a frame (it is `{}`)", spec.id, python::signature(spec));
        return Err(Refusal::new(Class::Argument, message).into());
    };
    for (index, number) in constants {
        complete &= !number.is_nan();
        inputs[index] = Input::Constant(vec![number; rows]);
    }
    Ok(Read { inputs, rows, complete, like: like.unwrap_or(Like::Numpy) })
}

/// What a named argument is for. What a kernel declares comes before the options that every call has.
pub(super) fn target(spec: &KernelSpec, name: &str) -> Result<Target, Refusal> {
    let is = |declared: &str| declared == name || python::name(declared) == name;
    if let Some(index) = spec.params.iter().position(|param| is(param.name)) {
        return Ok(Target::Param(index));
    }
    if let Some(index) = spec.inputs.iter().position(|input| is(input.name)) {
        return Ok(Target::Input(index));
    }
    match name {
        "out" => return Ok(Target::Out),
        "missing" => return Ok(Target::Missing),
        _ => {}
    }
    let names = spec.inputs.iter().map(|input| input.name).chain(spec.params.iter().map(|param| param.name));
    let near: Vec<String> =
        near_names(name, names.chain(["missing", "out"])).into_iter().map(str::to_owned).collect();
    let close = if near.is_empty() { String::new() } else { format!("close: {}; ", listed(&near)) };
    let message =
        format!("`{}` has no argument `{name}` ({close}it is `{}`)", spec.id, python::signature(spec));
    Err(Refusal::new(Class::Argument, message).with("given", name).with("near", near))
}

pub(super) fn too_many(spec: &KernelSpec, given: usize) -> Refusal {
    let most = spec.inputs.len() + spec.params.len();
    let message = format!(
        "`{}` takes no more than {most} arguments by position, {given} given (it is `{}`)",
        spec.id,
        python::signature(spec)
    );
    Refusal::new(Class::Argument, message)
}

pub(super) fn twice(spec: &KernelSpec, name: &str) -> Refusal {
    Refusal::new(Class::Argument, format!("argument `{name}` of `{}` is given twice", spec.id))
        .with("given", name)
}

pub(super) fn open(spec: &KernelSpec, input: &InputSpec, frame: bool) -> Refusal {
    let hint = if frame {
        format!("name its column: `{}=\"...\"`", input.name)
    } else {
        format!("it is `{}`", python::signature(spec))
    };
    Refusal::new(Class::Argument, format!("`{}` needs `{}` ({hint})", spec.id, input.name))
        .with("column", input.name)
}

pub(super) fn no_column(spec: &KernelSpec, input: &InputSpec, value: &Bound<'_, PyAny>) -> Refusal {
    let message = format!(
        "`{}` of `{}` is of type `{}` (accepted: an array or series of numbers, one row per bar)",
        input.name,
        spec.id,
        kind_of(value)
    );
    Refusal::new(Class::Argument, message).with("column", input.name).with("given", kind_of(value))
}

fn policy(value: &Bound<'_, PyAny>) -> PyResult<Missing> {
    let word = value.extract::<String>().map_err(|_| {
        let message = format!("`missing` is of type `{}` (accepted: a word)", kind_of(value));
        Refusal::new(Class::Argument, message).with("parameter", "missing").with("given", kind_of(value))
    })?;
    Ok(crate::plan::policy(&word)?)
}

/// A number that stands for a column of it.
pub(super) fn number(value: &Bound<'_, PyAny>) -> Option<f64> {
    value.extract::<f64>().ok().filter(|number| !number.is_infinite())
}

/// The value of a parameter as Python has it, scalars of NumPy included.
pub(super) fn param_value(
    spec: &KernelSpec,
    name: &str,
    value: &Bound<'_, PyAny>,
) -> Result<ParamValue, Refusal> {
    // What is usual comes first: to find out that a number is no bool of NumPy takes longer than to read it.
    if let (false, Ok(whole)) = (value.is_instance_of::<PyBool>(), value.cast::<PyInt>())
        && let Ok(whole) = whole.extract::<i64>()
    {
        return Ok(ParamValue::Int(whole));
    }
    if let Ok(float) = value.cast::<PyFloat>() {
        return Ok(ParamValue::Real(float.value()));
    }
    if let Ok(flag) = value.extract::<bool>() {
        return Ok(ParamValue::Flag(flag));
    }
    if let Ok(word) = value.cast::<PyString>() {
        return Ok(ParamValue::Choice(word.to_string_lossy().into_owned()));
    }
    if let Ok(whole) = value.extract::<i64>() {
        return Ok(ParamValue::Int(whole));
    }
    // A whole number that no domain reaches is refused as the real it is near to.
    match value.extract::<f64>() {
        Ok(real) if !value.hasattr("__len__").unwrap_or(true) => Ok(ParamValue::Real(real)),
        _ if value.is_instance_of::<PyInt>() => Ok(ParamValue::Real(f64::INFINITY)),
        _ => {
            let domain =
                spec.params.iter().find(|param| param.name == name).map(|param| param.domain.to_string());
            let accepted = domain.unwrap_or_default();
            let message = format!(
                "parameter `{name}` of `{}` is of type `{}` (accepted: {accepted})",
                spec.id,
                kind_of(value)
            );
            Err(Refusal::new(Class::Argument, message)
                .with("parameter", name)
                .with("given", kind_of(value))
                .with("accepted", accepted))
        }
    }
}
