//! One kernel, one scalar, one law: which cases are tried, and what is said when one fails.

use std::error::Error;
use std::fmt;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use super::case::{Case, Named, Setting, timing};
use super::catch::caught;
use super::config::Config;
use super::laws::{Cases, LONGEST, Law, Rows, Rule, Shape, Subject, Verdict, too_long};
use super::sample::{edges, sampled};
use super::saved::Saved;
use super::series::{Kind, Series};
use crate::params::Params;
use crate::registry::KernelDef;
use crate::scalar::{Decimal, ScalarKind};

/// A broken law: which kernel, which case, what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    law: Law,
    message: String,
}

impl Failure {
    /// The law that was broken.
    pub fn law(&self) -> Law {
        self.law
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Failure {}

/// Tries one kernel on one law. A law that does not [apply](Law::applies) holds.
///
/// # Errors
/// When the law is broken: the smallest case that was found. Also when the defaults gave no value to judge.
pub fn check(def: &'static KernelDef, scalar: ScalarKind, law: Law, config: &Config) -> Result<(), Failure> {
    if !law.applies(def, scalar) {
        return Ok(());
    }
    let verdict = match scalar {
        ScalarKind::F64 => walk::<f64>(def, law, config),
        ScalarKind::Decimal => walk::<Decimal>(def, law, config),
    };
    verdict.map_err(|message| Failure { law, message })
}

/// Judges all cases, and says what is to be said about one that is broken.
fn walk<S: Saved>(def: &'static KernelDef, law: Law, config: &Config) -> Verdict {
    let name = format!("{}@{}", def.spec.id, S::KIND);
    match law.rule::<S>() {
        Rule::Kernel(judge) => {
            caught(|| judge(&Subject { def, seed: config.seed })).map_err(|said| format!("{name}: {said}"))
        }
        Rule::Cases(cases) => {
            let walk = Walk { def, cases };
            let judged = walk.judge(config).map_err(|broken| {
                let (setting, said) = walk.shorten(broken);
                format!("{}: {said}", setting.describe(def, S::KIND))
            })?;
            let unjudged = walk.unjudged(judged);
            unjudged.map_or(Ok(()), |said| Err(format!("{name}{}: {said}", Named(def, &def.defaults()))))
        }
    }
}

/// A broken case and what was said about it.
type Broken = (Setting, String);

struct Walk<S: Saved> {
    def: &'static KernelDef,
    cases: Cases<S>,
}

impl<S: Saved> Walk<S> {
    /// In how many rows the defaults gave a value to judge; or a broken case. One with the defaults is preferred; then a random
    /// one, as these become small, before an edge of a domain.
    fn judge(&self, config: &Config) -> Result<usize, Broken> {
        let judged = self.defaults(config)?;
        self.random(config)?;
        self.edges(config)?;
        Ok(judged)
    }

    /// The defaults on every kind of series and on those too short for an answer.
    fn defaults(&self, config: &Config) -> Result<usize, Broken> {
        let (defaults, kinds) = (self.def.defaults(), self.kinds());
        let plain = kinds[0];
        let short = caught(|| Ok(self.short_lengths(&defaults, plain))).map_err(|said| {
            let series = Series { kind: plain, seed: config.seed, rows: 0 };
            (Setting { params: defaults.clone(), series }, said)
        })?;
        let whole = kinds.into_iter().map(|kind| (kind, usize::MAX));
        whole
            .chain(short.into_iter().map(|rows| (plain, rows)))
            .map(|(kind, rows)| self.case(defaults.clone(), kind, config.seed, rows))
            .sum()
    }

    /// The edges of the domains, each on two kinds.
    fn edges(&self, config: &Config) -> Result<(), Broken> {
        let (kinds, edges) = (self.kinds(), if self.cases.vary { edges(self.def) } else { Vec::new() });
        for (at, params) in edges.into_iter().enumerate() {
            for kind in [kinds[0], kinds[(at + 1) % kinds.len()]] {
                self.case(params.clone(), kind, config.seed, usize::MAX)?;
            }
        }
        Ok(())
    }

    /// Lengths with no answer, or only just one.
    fn short_lengths(&self, params: &Params, kind: Kind) -> Vec<usize> {
        let shape = self.shape(params, kind);
        match (self.cases.rows)(&shape) {
            Rows::UpTo(_) => vec![0, 1, 2, shape.lookback, shape.lookback + 1, shape.lookback + 2],
            Rows::Exactly(_) | Rows::None => Vec::new(),
        }
    }

    fn shape(&self, params: &Params, kind: Kind) -> Shape {
        let timing = timing::<S>(self.def, params);
        Shape { lookback: timing.longest(), stabilisation: timing.stabilisation, scalar: S::KIND, kind }
    }

    /// What the defaults leave without a judgement, after one on so many rows: an output that takes too long, or all of them.
    fn unjudged(&self, judged: usize) -> Option<String> {
        let shape = self.shape(&self.def.defaults(), self.kinds()[0]);
        match (self.cases.rows)(&shape) {
            _ if shape.lookback > LONGEST => Some(too_long("lookback", shape.lookback)),
            Rows::None => Some(too_long("stabilisation", shape.stabilisation)),
            _ if judged > 0 => None,
            _ => Some("nothing is judged: with the defaults no row of any series has a value".to_owned()),
        }
    }

    /// Random parameters, kinds, seeds and lengths. What breaks is simplified while it still breaks.
    fn random(&self, config: &Config) -> Result<(), Broken> {
        let cases = if self.cases.vary { config.cases } else { config.cases / 4 };
        let strategy = (self.params(), select(self.kinds()), 0u64..1000, 0usize..1000);
        let mut runner = runner(config.seed);
        for _ in 0..cases {
            // A rule that refuses nearly all random sets leaves the fixed ones.
            let Ok(mut tree) = strategy.new_tree(&mut runner) else { break };
            let judge = |(params, kind, seed, rows)| self.case(params, kind, seed, rows);
            let Err(mut worst) = judge(tree.current()) else { continue };
            let mut tries = 0;
            let mut more = tree.simplify();
            while more && tries < 300 {
                tries += 1;
                more = match judge(tree.current()) {
                    Err(simpler) => {
                        worst = simpler;
                        tree.simplify()
                    }
                    Ok(_) => tree.complicate(),
                };
            }
            return Err(worst);
        }
        Ok(())
    }

    fn params(&self) -> BoxedStrategy<Params> {
        if self.cases.vary { sampled(self.def).boxed() } else { Just(self.def.defaults()).boxed() }
    }

    fn kinds(&self) -> Vec<Kind> {
        (self.cases.kinds)(&self.def.spec)
    }

    /// Cuts a broken case down to the shortest series on which it is still broken.
    fn shorten(&self, (setting, said): Broken) -> Broken {
        let Setting { params, series } = &setting;
        let shorter =
            (0..series.rows).find_map(|rows| self.case(params.clone(), series.kind, series.seed, rows).err());
        shorter.unwrap_or((setting, said))
    }

    /// Judges one case of at most so many rows; none where the law does not wait so long.
    fn case(&self, params: Params, kind: Kind, seed: u64, rows: usize) -> Result<usize, Broken> {
        let mut series = Series { kind, seed, rows };
        let verdict = caught(|| {
            series.rows = match (self.cases.rows)(&self.shape(&params, kind)) {
                Rows::UpTo(most) => rows.min(most),
                Rows::Exactly(rows) => rows,
                Rows::None => return Ok(0),
            };
            (self.cases.judge)(&Case::new(self.def, &Setting { params: params.clone(), series }))
        });
        verdict.map_err(|said| (Setting { params, series }, said))
    }
}

/// The random numbers of one walk.
fn runner(seed: u64) -> TestRunner {
    let bytes: Vec<u8> = seed.to_le_bytes().into_iter().cycle().take(32).collect();
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}
