//! The state of a kernel in Python: plain data, which can be copied, saved and read by anybody.

use std::fmt;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::errors::kind_of;

/// How deeply lists and dicts may lie in each other; one that holds itself has no end.
const DEPTH: usize = 32;

/// A value as it is saved.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Plain {
    None,
    Flag(bool),
    Int(i64),
    Real(f64),
    Text(String),
    List(Vec<Plain>),
    /// In the order in which the dict has them.
    Map(Vec<(String, Plain)>),
}

impl Plain {
    pub(super) fn of(value: &Bound<'_, PyAny>) -> PyResult<Self> {
        Self::at(value, DEPTH)
    }

    fn at(value: &Bound<'_, PyAny>, depth: usize) -> PyResult<Self> {
        if value.is_none() {
            return Ok(Self::None);
        }
        if let Ok(flag) = value.cast::<PyBool>() {
            return Ok(Self::Flag(flag.is_true()));
        }
        if let Ok(real) = value.cast::<PyFloat>() {
            return Ok(Self::Real(real.value()));
        }
        if value.is_instance_of::<PyInt>() {
            return value.extract().map(Self::Int).map_err(|_| refused("an int of more than 64 bits"));
        }
        if let Ok(text) = value.cast::<PyString>() {
            return Ok(Self::Text(text.to_str()?.to_owned()));
        }
        if let Ok(list) = value.cast_exact::<PyList>() {
            let depth = deeper(depth)?;
            return list.iter().map(|item| Self::at(&item, depth)).collect::<PyResult<_>>().map(Self::List);
        }
        if let Ok(dict) = value.cast_exact::<PyDict>() {
            let depth = deeper(depth)?;
            let entry = |(name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
                Ok((key(&name)?.to_str()?.to_owned(), Self::at(&value, depth)?))
            };
            return dict.iter().map(entry).collect::<PyResult<_>>().map(Self::Map);
        }
        Err(refused(&format!("a `{}`", kind_of(value))))
    }

    pub(super) fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(match self {
            Self::None => py.None().into_bound(py),
            Self::Flag(flag) => PyBool::new(py, *flag).to_owned().into_any(),
            Self::Int(int) => int.into_pyobject(py)?.into_any(),
            Self::Real(real) => PyFloat::new(py, *real).into_any(),
            Self::Text(text) => PyString::new(py, text).into_any(),
            Self::List(items) => {
                let made = PyList::empty(py);
                for item in items {
                    made.append(item.to_python(py)?)?;
                }
                made.into_any()
            }
            Self::Map(entries) => {
                let made = PyDict::new(py);
                for (name, value) in entries {
                    made.set_item(name, value.to_python(py)?)?;
                }
                made.into_any()
            }
        })
    }
}

/// An independent copy, of the same values that a saved one would have.
pub(super) fn copy<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    copy_at(value, DEPTH)
}

fn copy_at<'py>(value: &Bound<'py, PyAny>, depth: usize) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    if value.is_exact_instance_of::<PyFloat>() || value.is_none() {
        return Ok(value.clone());
    }
    if let Ok(list) = value.cast_exact::<PyList>() {
        let depth = deeper(depth)?;
        let made = PyList::empty(py);
        for item in list {
            made.append(copy_at(&item, depth)?)?;
        }
        return Ok(made.into_any());
    }
    if let Ok(dict) = value.cast_exact::<PyDict>() {
        let depth = deeper(depth)?;
        let made = PyDict::new(py);
        for (name, value) in dict {
            key(&name)?;
            made.set_item(name, copy_at(&value, depth)?)?;
        }
        return Ok(made.into_any());
    }
    Plain::at(value, depth)?.to_python(py)
}

fn key<'a, 'py>(name: &'a Bound<'py, PyAny>) -> PyResult<&'a Bound<'py, PyString>> {
    name.cast::<PyString>().map_err(|_| refused(&format!("a dict with a `{}` for a key", kind_of(name))))
}

fn deeper(depth: usize) -> PyResult<usize> {
    depth.checked_sub(1).ok_or_else(|| refused(&format!("more than {DEPTH} lists and dicts in each other")))
}

fn refused(what: &str) -> PyErr {
    let accepted = "None, bool, int, float, str, and lists and dicts of these; a tuple, an array or a deque is written as a list";
    PyTypeError::new_err(format!("the state holds {what} (accepted: {accepted})"))
}

impl Serialize for Plain {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        match self {
            Self::None => serializer.serialize_unit(),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Int(int) => serializer.serialize_i64(*int),
            Self::Real(real) => serializer.serialize_f64(*real),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => items.serialize(serializer),
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (name, value) in entries {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Plain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("plain data")
    }
    fn visit_unit<E>(self) -> Result<Plain, E> {
        Ok(Plain::None)
    }
    fn visit_none<E>(self) -> Result<Plain, E> {
        Ok(Plain::None)
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Plain, D::Error> {
        Plain::deserialize(deserializer)
    }
    fn visit_bool<E>(self, flag: bool) -> Result<Plain, E> {
        Ok(Plain::Flag(flag))
    }
    fn visit_i64<E>(self, int: i64) -> Result<Plain, E> {
        Ok(Plain::Int(int))
    }
    fn visit_u64<E: serde::de::Error>(self, int: u64) -> Result<Plain, E> {
        int.try_into().map(Plain::Int).map_err(|_| E::custom("an int of more than 64 bits"))
    }
    fn visit_f64<E>(self, real: f64) -> Result<Plain, E> {
        Ok(Plain::Real(real))
    }
    fn visit_str<E>(self, text: &str) -> Result<Plain, E> {
        Ok(Plain::Text(text.to_owned()))
    }
    // What is claimed reserves no memory.
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Plain, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Plain::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Plain, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Plain::Map(map))
    }
}
