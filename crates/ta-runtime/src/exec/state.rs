//! What a running plan remembers, and how rows change it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use ta_kernel_api::missing::MissingInput;
use ta_kernel_api::{Missing, Scalar};

use super::clocks::Clocks;
use super::columns::{Columns, Going, Way};
use super::inputs::Inputs;
use super::memory::Memory;
use super::program::Lost;
use super::route::Route;
use super::schedule::Schedule;
use super::{Bar, Envelope, Program};
use crate::error::Error;

/// Rows that go through the plan together. Enough to make calls cheap, few enough for the columns to stay in cache.
const CHUNK: usize = 1024;

/// All that changes from row to row. What most rows touch lies side by side.
#[derive(Debug, Clone)]
pub(crate) struct State<S: Scalar> {
    /// For each step since when it remembers.
    pub(crate) begun: Arc<[Begun]>,
    pub(crate) memory: Memory<S>,
    /// The value of each slot in the last row of its clock.
    pub(crate) values: Box<[S]>,
    pub(crate) clocks: Clocks,
}

/// Since when a step remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Begun {
    /// How often it was made to forget.
    pub(crate) epoch: u64,
    /// How many rows its clock had then.
    pub(crate) rows: u64,
}

/// What of the rows that are kept is played, and where it is looked at.
#[derive(Debug)]
pub(crate) struct Play<'a> {
    /// For each step whether it is carried out.
    pub(crate) run: &'a [bool],
    /// How many rows of each feed have been taken in.
    pub(crate) from: Vec<usize>,
    /// Which rows of each feed an error calls the first ones.
    pub(crate) first: Vec<usize>,
    pub(crate) stops: Stops<'a>,
}

/// After how many rows of all feeds together no part goes on without being looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stops<'a> {
    Never,
    /// After each multiple.
    Every(usize),
    /// After these, in order.
    At(&'a [usize]),
}

impl Stops<'_> {
    /// How many rows there are to the next one.
    fn ahead(&self, taken: usize) -> usize {
        match self {
            Self::Never => usize::MAX,
            Self::Every(rows) => rows - taken % rows,
            Self::At(stops) => stops
                .get(stops.partition_point(|&stop| stop <= taken))
                .map_or(usize::MAX, |stop| stop - taken),
        }
    }

    /// Whether this is one.
    pub(crate) fn has(&self, taken: usize) -> bool {
        match self {
            Self::Never => false,
            Self::Every(rows) => taken.is_multiple_of(*rows),
            Self::At(stops) => stops.binary_search(&taken).is_ok(),
        }
    }
}

impl<S: Scalar> State<S> {
    /// The state before the first row.
    pub(crate) fn fresh(program: &Program<S>) -> Result<Self, Error> {
        Ok(Self {
            memory: program.memory()?,
            values: program.start().into(),
            clocks: Clocks::new(program.binding.root.len()),
            begun: vec![Begun::default(); program.steps.len()].into(),
        })
    }

    /// Takes over what some steps remember.
    pub(crate) fn adopt(&mut self, program: &Program<S>, other: &Self, which: impl Fn(usize) -> bool) {
        for (_, step) in program.steps.iter().enumerate().filter(|(at, _)| which(*at)) {
            self.memory.adopt(&other.memory, &step.work);
            let slots = step.slots();
            self.values[slots.clone()].copy_from_slice(&other.values[slots]);
        }
    }

    /// Forgets all that was computed from the rows of a feed. Where the clocks stand is kept.
    pub(crate) fn reset(&mut self, program: &Program<S>, feed: usize) -> Result<(), Error> {
        let from_feed = program.downstream(feed);
        let mut fresh = Self::fresh(program)?;
        fresh.adopt(program, self, |at| !from_feed[at]);
        (self.memory, self.values) = (fresh.memory, fresh.values);
        self.clocks.reset(&program.binding, feed);
        let begun = Arc::make_mut(&mut self.begun);
        for ((begun, step), _) in
            begun.iter_mut().zip(&program.steps).zip(from_feed).filter(|(_, from)| *from)
        {
            *begun = Begun { epoch: begun.epoch + 1, rows: self.clocks.hands[step.clock].rows };
        }
        Ok(())
    }

    /// Takes in a row on a [plain](Route::plain) route, and answers how many rows of it that are. When it is not after the last one,
    /// nothing happens and there is no answer.
    #[inline]
    pub(crate) fn pass(&mut self, route: &Route, bar: &Bar<S>) -> Option<u64> {
        let at = (bar.ts(), bar.known());
        if !self.clocks.follows(route.clock, at.0) {
            return None;
        }
        let rows = self.clocks.tick(route.clock, at);
        route.put(bar.values(), &mut self.values);
        // No policy on a plain route refuses an input.
        let _: Result<(), Lost> = route.run(&self.clocks, &mut self.values, &mut self.memory);
        Some(rows)
    }

    /// Takes in a row that has been admitted.
    pub(crate) fn step(&mut self, program: &Program<S>, bar: &Bar<S>) -> Result<(), Lost> {
        whole(program, bar)?;
        let feed = bar.layout().feed();
        let route = &program.routes[feed];
        if !route.even {
            return self.event(program, bar);
        }
        let at = (bar.ts(), bar.known());
        self.clocks.tick(route.clock, at);
        route.put(bar.values(), &mut self.values);
        route.run(&self.clocks, &mut self.values, &mut self.memory)
    }

    /// A row that may move several clocks. Apart, as the usual one has its registers to itself then.
    #[inline(never)]
    fn event(&mut self, program: &Program<S>, bar: &Bar<S>) -> Result<(), Lost> {
        let feed = bar.layout().feed();
        let at = (bar.ts(), bar.known());
        let route = &program.routes[feed];
        let Self { memory, values, clocks, .. } = self;
        clocks.event(&program.binding.gearing, feed, at, &mut |clocks, active| {
            if active.has(route.clock) {
                route.put(bar.values(), values);
            }
            route.pass(clocks, active, values, memory)
        })
    }

    /// The clocks and the values that [`step`](Self::step) would leave.
    pub(crate) fn peek(&self, program: &Program<S>, bar: &Bar<S>) -> Result<(Clocks, Vec<S>), Lost> {
        let feed = bar.layout().feed();
        let route = &program.routes[feed];
        if !route.even {
            // A step may be taken more than once then, so it has to remember.
            let mut state = self.clone();
            state.step(program, bar)?;
            return Ok((state.clocks, state.values.into_vec()));
        }
        whole(program, bar)?;
        let (mut clocks, mut values) = (self.clocks.clone(), self.values.to_vec());
        let at = (bar.ts(), bar.known());
        clocks.tick(route.clock, at);
        route.put(bar.values(), &mut values);
        route.peek(&clocks, &mut values, &self.memory)?;
        Ok((clocks, values))
    }

    /// Takes in rows of `inputs`; after each part `part` hears how far it is.
    pub(crate) fn replay(
        &mut self,
        program: &Program<S>,
        inputs: &Inputs<'_, S>,
        play: Play<'_>,
        envelope: &mut Envelope<S>,
        part: &mut impl FnMut(&Self, &[usize]),
    ) -> Result<(), Error> {
        let Play { run, from: mut done, first, stops } = play;
        let mut spare = Vec::new();
        let mut offsets = vec![0_isize; self.clocks.hands.len()];
        loop {
            let taken: usize = done.iter().sum();
            let next = inputs.after(&program.binding, &done, CHUNK.min(stops.ahead(taken)));
            if next == done {
                return Ok(());
            }
            let stretch = inputs.part(&done, &next);
            let schedule = Schedule::new(&program.binding, &mut self.clocks, &stretch.ts);
            let mut columns = Columns::new(program, spare);
            let mut going = Going {
                memory: &mut self.memory,
                values: &mut self.values,
                status: &mut envelope.nodes,
                run,
                offsets: &offsets,
            };
            columns.run::<Onward>(program, &schedule, &stretch.fields, &mut going).map_err(|refusal| {
                let numbers = done.iter().zip(&first).map(|(&done, &first)| done as isize - first as isize);
                stretch.refuse(program, &schedule, &numbers.collect::<Vec<_>>(), refusal)
            })?;
            for (output, planned) in envelope.outputs.iter_mut().zip(program.plan.outputs()) {
                columns.append_to(planned.slot().index(), &mut output.values);
            }
            envelope.ts.extend_from_slice(&schedule.clocks[0].ts);
            for (offset, clock) in offsets.iter_mut().zip(&schedule.clocks) {
                *offset += clock.len() as isize;
            }
            spare = columns.into_spare();
            done = next;
            part(self, &done);
        }
    }
}

/// Refuses a row with a gap under the policy `error`.
#[inline]
fn whole<S: Scalar>(program: &Program<S>, bar: &Bar<S>) -> Result<(), Lost> {
    if program.plan.missing() == Missing::Error
        && let Some(field) = bar.values().iter().position(|value| value.is_missing())
    {
        return Err(Lost::Field { feed: bar.layout().feed(), field });
    }
    Ok(())
}

/// Every node from the state it has.
enum Onward {}

impl<S: Scalar> Way<S> for Onward {
    const AFRESH: bool = false;

    fn call(
        memory: &mut Memory<S>,
        gate: usize,
        inputs: &[&[S]],
        outputs: &mut [&mut [S]],
    ) -> Result<(), MissingInput> {
        memory.gates[gate].advance(inputs, outputs)
    }

    fn history(memory: &mut Memory<S>, ring: usize, _bars: usize, x: &[S], out: &mut [S]) {
        for (out, &x) in out.iter_mut().zip(x) {
            *out = memory.rings[ring].push(x);
        }
    }
}
