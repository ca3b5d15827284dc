//! A plan row by row, with a state that goes on.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use ta_kernel_api::missing::MissingInput;
use ta_kernel_api::{Missing, Node, Scalar};

use super::columns::{Columns, Engine, Stretch};
use super::program::{Lost, Refusal};
use super::route::Recall;
use super::{Bar, Envelope, Layout, Mode, Nodes, Program};
use crate::dataset::{Location, Partition, time};
use crate::error::{Error, Kind};
use crate::expr::ValueKind;
use crate::plan::Plan;

/// Rows that go through the plan together. Enough to make calls cheap, few enough for the columns to stay in cache.
const CHUNK: usize = 1024;

/// A plan at work, row by row.
///
/// A refused row leaves the session as it was.
#[derive(Debug, Clone)]
pub struct Session<S: Scalar> {
    program: Arc<Program<S>>,
    state: State<S>,
    /// The state once more where a row may be refused: half-way through it some nodes are ahead of others, and this one is
    /// where they go back to.
    twin: Option<State<S>>,
}

/// All that changes from row to row.
#[derive(Debug, Clone)]
pub(crate) struct State<S: Scalar> {
    pub(crate) nodes: Nodes<S>,
    /// The value of each slot in the last row.
    pub(crate) values: Vec<S>,
    pub(crate) position: Option<Position>,
}

/// How far a session has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// The time of the last row.
    pub ts: i64,
    /// How many rows there were.
    pub rows: u64,
}

/// The outputs of one row.
#[derive(Debug, Clone)]
pub struct Row<'a, S: Scalar> {
    plan: &'a Plan,
    ts: i64,
    values: Cow<'a, [S]>,
}

impl<S: Scalar> Session<S> {
    /// A session that has taken in the history, and the answer to it.
    ///
    /// # Errors
    /// As [`evaluate`](super::evaluate).
    pub fn initialize(plan: &Plan, history: Option<&Partition<S>>) -> Result<(Self, Envelope<S>), Error> {
        let mut session = Self::fresh(plan)?;
        let envelope = match history {
            Some(rows) => session.replay(rows)?,
            None => Envelope::empty(&session.program, Mode::Incremental, 0),
        };
        Ok((session, envelope))
    }

    /// A session before its first row.
    pub(crate) fn fresh(plan: &Plan) -> Result<Self, Error> {
        let program = Program::new(plan)?;
        let state = State { nodes: Nodes::fresh(plan)?, values: program.start(), position: None };
        Ok(Self { program: Arc::new(program), twin: twin(plan, &state), state })
    }

    /// What it remembers.
    pub(crate) fn state(&self) -> &State<S> {
        &self.state
    }

    /// The same plan with this to remember.
    pub(crate) fn with_state(self, nodes: Nodes<S>, values: Vec<S>, position: Option<Position>) -> Self {
        let state = State { nodes, values, position };
        Self { twin: twin(&self.program.plan, &state), state, program: self.program }
    }

    /// The plan it runs.
    pub fn plan(&self) -> &Plan {
        &self.program.plan
    }

    /// The fields it reads of each bar.
    pub fn layout(&self) -> &Layout {
        &self.program.layout
    }

    /// How far it has come; `None` before the first row.
    pub fn position(&self) -> Option<Position> {
        self.state.position
    }

    /// The outputs of the last row it has taken in.
    pub fn last(&self) -> Option<Row<'_, S>> {
        let ts = self.state.position?.ts;
        Some(Row { plan: &self.program.plan, ts, values: Cow::Borrowed(&self.state.values) })
    }

    /// Takes in a closed bar.
    ///
    /// # Errors
    /// In this order: a bar of other fields than the plan reads; a bar at or before the [`position`](Self::position), for which
    /// [`Error::is_stale`] holds; and under the policy `error` a missing field or input of a kernel.
    pub fn step(&mut self, bar: &Bar<S>) -> Result<Row<'_, S>, Error> {
        self.admit(bar)?;
        let result = self.state.step(&self.program, bar);
        let result = match (&mut self.twin, result) {
            (Some(twin), Ok(())) => twin.step(&self.program, bar),
            (Some(twin), Err(lost)) => {
                self.state = twin.clone();
                Err(lost)
            }
            (None, result) => result,
        };
        result.map_err(|lost| self.program.refuse(lost, Location::ts(bar.ts())))?;
        Ok(Row { plan: &self.program.plan, ts: bar.ts(), values: Cow::Borrowed(&self.state.values) })
    }

    /// What [`step`](Self::step) would answer to a bar that is still forming; nothing is remembered.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn peek(&self, bar: &Bar<S>) -> Result<Row<'_, S>, Error> {
        self.admit(bar)?;
        let values = self.state.peek(&self.program, bar);
        let values = values.map_err(|lost| self.program.refuse(lost, Location::ts(bar.ts())))?;
        Ok(Row { plan: &self.program.plan, ts: bar.ts(), values: Cow::Owned(values) })
    }

    /// Takes in many closed bars, as so many calls of [`step`](Self::step) would, and answers all their outputs.
    ///
    /// # Errors
    /// In this order: a field that is no column; a first row at or before the [`position`](Self::position); and under the policy
    /// `error` the first row in which a field or an input of a kernel is missing. No row has been taken in then.
    pub fn replay(&mut self, rows: &Partition<S>) -> Result<Envelope<S>, Error> {
        let fields = self.program.columns(rows)?;
        if let Some(&first) = rows.ts().first() {
            self.after_position(first).map_err(|err| err.in_data(Location::row(0, first)))?;
        }
        let mut envelope = Envelope::empty(&self.program, Mode::Incremental, rows.len());
        let refusal = self.state.replay(&self.program, rows.ts(), &fields, &mut envelope).err();
        if let Some(Refusal { row, lost }) = refusal {
            if let Some(twin) = &self.twin {
                self.state = twin.clone();
            }
            return Err(self.program.refuse(lost, Location::row(row, rows.ts()[row])));
        }
        self.twin = twin(&self.program.plan, &self.state);
        envelope.ts.extend_from_slice(rows.ts());
        envelope.meta.rows = rows.len();
        Ok(envelope)
    }

    fn admit(&self, bar: &Bar<S>) -> Result<(), Error> {
        if bar.layout() != self.layout() {
            let names = |layout: &Layout| crate::dataset::list(layout.names());
            let message = format!("bar has the fields {}", names(bar.layout()));
            let error =
                Error::new(Kind::Data, message).with_help(format!("the plan reads {}", names(self.layout())));
            return Err(error.in_data(Location::ts(bar.ts())));
        }
        self.after_position(bar.ts()).map_err(|err| err.in_data(Location::ts(bar.ts())))
    }

    fn after_position(&self, ts: i64) -> Result<(), Error> {
        match self.state.position {
            Some(held) if ts <= held.ts => {
                let message = format!("row is not after {}, which has been taken in", time::iso(held.ts));
                Err(Error::new(Kind::Stale, message))
            }
            _ => Ok(()),
        }
    }
}

impl<S: Scalar> State<S> {
    fn advance_position(&mut self, ts: i64, rows: usize) {
        let before = self.position.map_or(0, |position| position.rows);
        self.position = Some(Position { ts, rows: before.saturating_add(rows as u64) });
    }

    fn step(&mut self, program: &Program<S>, bar: &Bar<S>) -> Result<(), Lost> {
        compute(program, bar, &mut self.values, &mut self.nodes)?;
        self.advance_position(bar.ts(), 1);
        Ok(())
    }

    fn peek(&self, program: &Program<S>, bar: &Bar<S>) -> Result<Vec<S>, Lost> {
        let mut values = self.values.clone();
        compute(program, bar, &mut values, &mut &self.nodes)?;
        Ok(values)
    }

    fn replay(
        &mut self,
        program: &Program<S>,
        ts: &[i64],
        fields: &[&[S]],
        envelope: &mut Envelope<S>,
    ) -> Result<(), Refusal> {
        let mut spare = Vec::new();
        for (chunk, ts) in ts.chunks(CHUNK).enumerate() {
            let offset = chunk * CHUNK;
            let fields = fields.iter().map(|field| &field[offset..offset + ts.len()]).collect();
            let mut columns = Columns::new(program.plan.slots(), spare);
            columns
                .run(
                    program,
                    &Stretch { ts, fields, offset },
                    &mut self.nodes,
                    &mut envelope.nodes,
                    &mut self.values,
                )
                .map_err(|refusal| Refusal { row: offset + refusal.row, ..refusal })?;
            for (output, planned) in envelope.outputs.iter_mut().zip(program.plan.outputs()) {
                columns.append_to(planned.slot().index(), &mut output.values);
            }
            spare = columns.into_spare();
            self.advance_position(ts[ts.len() - 1], ts.len());
        }
        Ok(())
    }
}

impl<S: Scalar> Recall<S> for Nodes<S> {
    #[inline]
    fn pass(&mut self, gate: usize, row: &mut [S], inputs: &[usize], first: usize) -> bool {
        self.gates[gate].pass(row, inputs, first)
    }
    #[inline(never)]
    fn call(&mut self, gate: usize, row: &mut [S], inputs: &[usize], first: usize) -> Result<(), usize> {
        self.gates[gate].step_in(row, inputs, first).map_err(|lost| lost.input)
    }
    #[inline]
    fn history(&mut self, ring: usize, x: S) -> S {
        self.rings[ring].push(x)
    }
}

impl<S: Scalar> Recall<S> for &Nodes<S> {
    fn pass(&mut self, _: usize, _: &mut [S], _: &[usize], _: usize) -> bool {
        false
    }
    fn call(&mut self, gate: usize, row: &mut [S], inputs: &[usize], first: usize) -> Result<(), usize> {
        let inputs: Vec<S> = inputs.iter().map(|&slot| row[slot]).collect();
        let gate = &self.gates[gate];
        let width = gate.node().def().spec.outputs.len();
        gate.peek(&inputs, &mut row[first..first + width]).map_err(|lost| lost.input)
    }
    fn history(&mut self, ring: usize, _x: S) -> S {
        self.rings[ring].oldest()
    }
}

/// Computes one row.
#[inline]
fn compute<S: Scalar>(
    program: &Program<S>,
    bar: &Bar<S>,
    values: &mut [S],
    nodes: &mut impl Recall<S>,
) -> Result<(), Lost> {
    if program.plan.missing() == Missing::Error
        && let Some(field) = bar.values().iter().position(|value| value.is_missing())
    {
        return Err(Lost::Field(field));
    }
    let result = program.route.run(bar.ts(), bar.values(), values, nodes);
    result.map_err(|(step, input)| Lost::Input { step, input })
}

/// Every node from the state it has.
impl<S: Scalar> Engine<S> for Nodes<S> {
    fn call(&mut self, gate: usize, inputs: &[&[S]], outputs: &mut [&mut [S]]) -> Result<(), MissingInput> {
        self.gates[gate].advance(inputs, outputs)
    }

    fn history(&mut self, ring: usize, _bars: usize, x: &[S], out: &mut [S]) {
        for (out, &x) in out.iter_mut().zip(x) {
            *out = self.rings[ring].push(x);
        }
    }
}

impl<'a, S: Scalar> Row<'a, S> {
    /// The time of the row.
    pub fn ts(&self) -> i64 {
        self.ts
    }

    /// How many outputs there are.
    pub fn len(&self) -> usize {
        self.plan.outputs().len()
    }

    /// Whether the plan has no outputs.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of an output by its place in the plan; `None` where there is no such output.
    pub fn get(&self, output: usize) -> Option<S> {
        self.plan.outputs().get(output).map(|output| self.values[output.slot().index()])
    }

    /// The outputs in the order of the plan: name, kind and value.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'a str, ValueKind, S)> {
        self.plan.outputs().iter().map(|output| {
            let value = self.values[output.slot().index()];
            (output.name(), output.kind(), value)
        })
    }
}

/// The state once more, under the policy that refuses rows.
fn twin<S: Scalar>(plan: &Plan, state: &State<S>) -> Option<State<S>> {
    (plan.missing() == Missing::Error).then(|| state.clone())
}
