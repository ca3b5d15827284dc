//! The rows of all feeds that have been taken in.

use std::ops::Range;

use ta_kernel_api::Scalar;

use super::inputs::Inputs;
use super::{Bar, Binding};
use crate::dataset::Location;
use crate::error::{Error, Kind};

/// The rows of each feed.
#[derive(Debug, Clone)]
pub(crate) struct Tapes<S>(Vec<Tape<S>>);

/// The rows of one feed: times and the fields of its layout.
#[derive(Debug, Clone)]
pub(crate) struct Tape<S> {
    pub(crate) ts: Vec<i64>,
    pub(crate) fields: Vec<Vec<S>>,
}

impl<S: Scalar> Tapes<S> {
    /// No rows yet.
    pub(crate) fn new(binding: &Binding) -> Self {
        let tape = |fields: usize| Tape { ts: Vec::new(), fields: vec![Vec::new(); fields] };
        Self(binding.feeds().iter().map(|feed| tape(feed.names().len())).collect())
    }

    /// Some rows, in whatever order they are.
    pub(crate) fn of(binding: &Binding, bars: &[Bar<S>]) -> Result<Self, Error> {
        let mut sorted: Vec<&Bar<S>> = bars.iter().collect();
        sorted.sort_by_key(|bar| (bar.layout().feed(), bar.ts()));
        let mut tapes = Self::new(binding);
        for bar in sorted {
            binding.owns(bar)?;
            if tapes.0[bar.layout().feed()].ts.last() == Some(&bar.ts()) {
                let message = format!("two rows of `{}` at the same time", bar.layout().key());
                return Err(Error::new(Kind::Data, message).in_data(Location::ts(bar.ts())));
            }
            tapes.push(bar);
        }
        Ok(tapes)
    }

    pub(crate) fn feed(&self, feed: usize) -> &Tape<S> {
        &self.0[feed]
    }

    /// How many rows of each feed there are.
    pub(crate) fn rows(&self) -> Vec<usize> {
        self.0.iter().map(|tape| tape.ts.len()).collect()
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|tape| tape.ts.len()).sum()
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, bar: &Bar<S>) {
        let tape = &mut self.0[bar.layout().feed()];
        tape.ts.push(bar.ts());
        for (held, value) in tape.fields.iter_mut().zip(bar.values()) {
            held.push(*value);
        }
    }

    /// Adds rows to each feed.
    pub(crate) fn extend(&mut self, inputs: &Inputs<'_, S>) {
        for (tape, (ts, fields)) in self.0.iter_mut().zip(inputs.ts.iter().zip(&inputs.fields)) {
            tape.ts.extend_from_slice(ts);
            for (held, field) in tape.fields.iter_mut().zip(fields) {
                held.extend_from_slice(field);
            }
        }
    }

    /// Drops what was added to each feed after so many rows.
    pub(crate) fn truncate(&mut self, rows: &[usize]) {
        for (tape, &rows) in self.0.iter_mut().zip(rows) {
            tape.ts.truncate(rows);
            tape.fields.iter_mut().for_each(|field| field.truncate(rows));
        }
    }

    /// Drops so many of the oldest rows of each feed.
    pub(crate) fn forget(&mut self, rows: &[usize]) {
        for (tape, &rows) in self.0.iter_mut().zip(rows) {
            tape.ts.drain(..rows);
            tape.fields.iter_mut().for_each(|field| drop(field.drain(..rows)));
        }
    }

    /// Puts rows in the place of others and gives those back.
    pub(crate) fn splice(&mut self, feed: usize, rows: Range<usize>, ts: &[i64], fields: &[&[S]]) -> Tape<S> {
        let tape = &mut self.0[feed];
        let mut removed = Vec::with_capacity(fields.len());
        for (held, field) in tape.fields.iter_mut().zip(fields) {
            removed.push(held.splice(rows.clone(), field.iter().copied()).collect());
        }
        Tape { ts: tape.ts.splice(rows, ts.iter().copied()).collect(), fields: removed }
    }

    /// All rows, to be run.
    pub(crate) fn inputs(&self) -> Inputs<'_, S> {
        Inputs {
            ts: self.0.iter().map(|tape| &tape.ts[..]).collect(),
            fields: self.0.iter().map(Tape::columns).collect(),
        }
    }
}

impl<S: Scalar> Tape<S> {
    pub(crate) fn columns(&self) -> Vec<&[S]> {
        self.fields.iter().map(Vec::as_slice).collect()
    }
}
