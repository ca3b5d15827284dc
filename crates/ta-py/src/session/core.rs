//! The engines of a session, and what is done with all of them or with none.

use std::ops::Range;

use rayon::prelude::*;
use serde_json::Value;
use ta_kernel_api::Missing;
use ta_runtime::Error;
use ta_runtime::dataset::{Dataset, Partition};
use ta_runtime::exec::{Bar, Envelope, Revision};

use super::engine::Engine;
use super::pack;
use super::shape::Shape;
use super::store::Store;

/// All that changes while a session lives.
pub(super) struct Core {
    pub(super) engines: Vec<Engine>,
    pub(super) store: Option<Store>,
    /// For each feed a bar of each of its readers, to be filled again and again.
    bars: Vec<Vec<Bar<f64>>>,
    picked: Vec<f64>,
    /// The outputs of the last bar that was answered alone.
    pub(super) out: Vec<f64>,
    /// Whether some engines may be ahead of others, or of the store, since a call broke off.
    pub(super) broken: bool,
}

impl Core {
    pub(super) fn new(shape: &Shape, engines: Vec<Engine>) -> Self {
        let bars =
            shape.feeds.iter().map(|feed| feed.readers.iter().map(super::shape::Reader::bar).collect());
        let out = vec![f64::NAN; shape.plan.outputs().len()];
        Self { engines, store: None, bars: bars.collect(), picked: Vec::new(), out, broken: false }
    }

    /// Takes in a bar. [`out`](Self::out) has the outputs when the feed is one that is answered.
    #[inline]
    pub(super) fn one(
        &mut self,
        shape: &Shape,
        feed: usize,
        ts: i64,
        values: &[f64],
    ) -> Result<Option<Envelope<f64>>, Error> {
        let of = &shape.feeds[feed];
        let ([reader], [bar], None, false) =
            (&of.readers[..], &mut self.bars[feed][..], &self.store, shape.may_raise)
        else {
            return self.one_of_many(shape, feed, ts, values);
        };
        reader.pick(values, &mut self.picked);
        bar.set(ts, &self.picked)?;
        let engine = &mut self.engines[reader.engine];
        if of.own.is_some() { engine.step(bar, &mut self.out) } else { engine.observe(bar) }
    }

    /// A bar that several engines read, or that is stored, or of which nothing may be left where a kernel raises.
    #[inline(never)]
    fn one_of_many(
        &mut self,
        shape: &Shape,
        feed: usize,
        ts: i64,
        values: &[f64],
    ) -> Result<Option<Envelope<f64>>, Error> {
        let of = &shape.feeds[feed];
        let columns = shape.fields.iter().zip(values).filter(|(field, _)| of.fields.contains(field));
        let columns: Vec<_> = columns.map(|(field, value)| (*field, std::slice::from_ref(value))).collect();
        let mut data = Dataset::new();
        data.insert(of.key.clone(), Partition::from_columns(of.key.source, &[ts], &columns)?)?;
        let envelopes = self.many(shape, &data)?;
        let own = of.own.and_then(|own| envelopes.into_iter().nth(own)).flatten();
        if let Some(envelope) = &own {
            for (out, output) in self.out.iter_mut().zip(&envelope.outputs) {
                *out = output.values.last().copied().unwrap_or(f64::NAN);
            }
        }
        Ok(own)
    }

    /// Takes in rows of any feeds and answers, for each engine that reads one of them, those of its own. All of them or none.
    pub(super) fn many(
        &mut self,
        shape: &Shape,
        data: &Dataset<f64>,
    ) -> Result<Vec<Option<Envelope<f64>>>, Error> {
        let reads = |engine: &Engine| engine.binding().feeds().iter().any(|feed| data.contains(feed.key()));
        let mut moved: Vec<(usize, &mut Engine)> =
            self.engines.iter_mut().enumerate().filter(|(_, engine)| reads(engine)).collect();
        let mut answers: Vec<Option<Envelope<f64>>> = Vec::new();
        if let ([(at, engine)], None) = (&mut moved[..], &self.store) {
            let at = *at;
            let answer = engine.replay(data)?;
            answers.resize_with(self.engines.len(), || None);
            answers[at] = Some(answer);
            return Ok(answers);
        }
        for (_, engine) in &moved {
            engine.admit(data)?;
        }
        // What is admitted is refused by this policy and by kernels that raise alone, half-way.
        let trial: Option<Vec<Engine>> = if shape.plan.missing() == Missing::Error || shape.may_raise {
            Some(moved.iter().map(|(_, engine)| (**engine).clone()).collect())
        } else {
            None
        };
        let run = |engine: &mut Engine| engine.replay(data);
        let made = if let Some(mut trial) = trial {
            let made: Vec<_> = trial.par_iter_mut().map(run).collect::<Result<_, _>>()?;
            if let Some(store) = &mut self.store {
                store.append(shape, data)?;
            }
            moved.iter_mut().zip(trial).for_each(|((_, engine), trial)| **engine = trial);
            made
        } else {
            if let Some(store) = &mut self.store {
                store.append(shape, data)?;
            }
            self.broken = true;
            let made: Vec<_> =
                moved.par_iter_mut().map(|(_, engine)| run(engine)).collect::<Result<_, _>>()?;
            self.broken = false;
            made
        };
        let at: Vec<usize> = moved.iter().map(|(at, _)| *at).collect();
        answers.resize_with(self.engines.len(), || None);
        at.into_iter().zip(made).for_each(|(at, made)| answers[at] = Some(made));
        Ok(answers)
    }

    /// What the outputs would be after a bar that is still forming.
    pub(super) fn peek(&mut self, shape: &Shape, feed: usize, ts: i64, values: &[f64]) -> Result<(), Error> {
        let of = &shape.feeds[feed];
        // An engine that answers a feed reads it, before others.
        for (reader, bar) in of.readers.iter().zip(&mut self.bars[feed]) {
            if Some(reader.engine) == of.own {
                reader.pick(values, &mut self.picked);
                bar.set(ts, &self.picked)?;
                return self.engines[reader.engine].peek(bar, &mut self.out);
            }
        }
        Ok(())
    }

    /// Corrects history, and says what changed in the answers of each engine that reads the feed.
    pub(super) fn revise(
        &mut self,
        shape: &Shape,
        feed: usize,
        times: &Range<i64>,
        rows: &Partition<f64>,
    ) -> Result<Vec<(usize, Revision<f64>)>, Error> {
        let of = &shape.feeds[feed];
        if let ([reader], None) = (&of.readers[..], &self.store) {
            let revision = self.engines[reader.engine].revise(&of.key, times.clone(), rows)?;
            return Ok(vec![(reader.engine, revision)]);
        }
        self.changed(shape, |engines| {
            let revise = |reader: &super::shape::Reader| {
                let revision = engines[reader.engine].revise(&of.key, times.clone(), rows)?;
                Ok((reader.engine, revision))
            };
            of.readers.iter().map(revise).collect()
        })
    }

    /// Forgets what was computed from the rows of a feed; `false` where no state goes on that could forget.
    pub(super) fn reset(&mut self, shape: &Shape, feed: usize) -> Result<bool, Error> {
        let of = &shape.feeds[feed];
        self.changed(shape, |engines| {
            let mut all = true;
            for reader in &of.readers {
                all &= engines[reader.engine].reset(&of.key)?;
            }
            Ok(all)
        })
    }

    /// Changes copies of the engines, stores what came of it, and goes on with them.
    fn changed<R>(
        &mut self,
        shape: &Shape,
        change: impl FnOnce(&mut [Engine]) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let mut engines = self.engines.clone();
        let answer = change(&mut engines)?;
        if let Some(store) = &mut self.store {
            store.save(&shape.plan, &pack::pack(&engines)?)?;
        }
        self.engines = engines;
        Ok(answer)
    }

    pub(super) fn snapshot(&self) -> Result<Vec<u8>, Error> {
        pack::pack(&self.engines)
    }

    /// Puts the state into the store, when there is something new and so many rows have come since.
    pub(super) fn save(&mut self, shape: &Shape, rows: u64) -> Result<(), Error> {
        match &mut self.store {
            Some(store) if store.unsaved >= rows => store.save(&shape.plan, &pack::pack(&self.engines)?),
            _ => Ok(()),
        }
    }

    pub(super) fn inspect(&self, engine: usize) -> Value {
        self.engines[engine].inspect()
    }
}
